import BoxProtocol
import ExecutionEngine
import Glibc

extension Connection {
    /// How many entries of a tree are removed before other work gets a turn.
    private static let removalSlice = 256

    /// A page has no more entries than this.
    private static let pageLimit = 4096

    func status(_ stream: UInt32, _ message: PathMessage) {
        answer(stream) { () throws(SystemError) in
            let status = try FileStatus(of: try path(message.path), followingLinks: message.flag)
            reply(stream, .fileStatus, FileStatusMessage(status))
        }
    }

    func makeDirectory(_ stream: UInt32, _ message: PathMessage) {
        answer(stream) { () throws(SystemError) in
            try DirectoryCreation.create(try path(message.path), parents: message.flag, mode: message.mode)
            reply(stream, .done, EmptyMessage())
        }
    }

    func rename(_ stream: UInt32, _ message: RenameMessage) {
        answer(stream) { () throws(SystemError) in
            try FileMove.move(try path(message.source), to: try path(message.destination))
            reply(stream, .done, EmptyMessage())
        }
    }

    func remove(_ stream: UInt32, _ message: PathMessage) {
        answer(stream) { () throws(SystemError) in
            proceed(stream, TreeRemoval(try path(message.path), recursive: message.flag))
        }
    }

    private func proceed(_ stream: UInt32, _ removal: TreeRemoval) {
        guard let epoch, !isClosed, box.isCurrent(epoch) else { return }
        answer(stream) { () throws(SystemError) in
            if try removal.step(entries: Self.removalSlice) {
                reply(stream, .done, EmptyMessage())
            } else {
                box.loop.later { [self] in proceed(stream, removal) }
            }
        }
    }

    func path(_ string: String) throws(SystemError) -> FilePath {
        try FilePath(string, workspace: box.workspace, root: box.root)
    }

    func answer(_ stream: UInt32, _ body: () throws(SystemError) -> Void) {
        do {
            try body()
        } catch {
            fail(stream, error)
        }
    }
}

// MARK: Contents

extension Connection {
    /// The bytes do not come this way: the client gets the open file.
    func openRead(_ stream: UInt32, _ message: PathMessage) {
        answer(stream) { () throws(SystemError) in
            let (descriptor, status) = try FileReading.open(try path(message.path))
            reply(stream, .opened, FileStatusMessage(status), with: descriptor)
        }
    }

    func openWrite(_ stream: UInt32, _ message: PathMessage) {
        guard canOpen(stream) else { return }
        answer(stream) { () throws(SystemError) in
            let file = try AtomicFile(replacing: try path(message.path), createParents: message.flag)
            handles.writes[stream] = file
            reply(stream, .opened, FileStatusMessage(try FileStatus(of: file.descriptor)), with: file.descriptor)
        }
    }

    func commit(_ stream: UInt32, _ message: CommitMessage) {
        guard let file = handles.writes.removeValue(forKey: message.handle) else {
            fail(stream, .noSuchHandle)
            return
        }
        answer(stream) { () throws(SystemError) in
            guard try file.size() == message.size else {
                fail(stream, .sizeMismatch)
                return
            }
            reply(stream, .fileStatus, FileStatusMessage(try file.commit(mode: message.mode)))
        }
    }

    func discard(_ stream: UInt32, _ message: HandleMessage) {
        handles.reads[message.handle] = nil
        handles.writes[message.handle] = nil
        reply(stream, .done, EmptyMessage())
    }

    func canOpen(_ stream: UInt32) -> Bool {
        if handles.contains(stream) {
            fail(stream, .invalid)
            return false
        }
        if handles.isFull {
            fail(stream, .tooMany)
            return false
        }
        return true
    }
}

// MARK: Directories

extension Connection {
    func list(_ stream: UInt32, _ message: ListMessage) {
        guard canOpen(stream) else { return }
        answer(stream) { () throws(SystemError) in
            handles.listings[stream] = try DirectoryListing(try path(message.path))
            try sendPage(of: stream, limit: message.limit, to: stream)
        }
    }

    func listNext(_ stream: UInt32, _ message: HandleMessage) {
        answer(stream) { () throws(SystemError) in
            try sendPage(of: message.handle, limit: message.limit, to: stream)
        }
    }

    func listClose(_ stream: UInt32, _ message: HandleMessage) {
        handles.listings[message.handle] = nil
        reply(stream, .done, EmptyMessage())
    }

    private func sendPage(of handle: UInt32, limit: UInt32, to stream: UInt32) throws(SystemError) {
        guard let listing = handles.listings[handle] else {
            fail(stream, .noSuchHandle)
            return
        }
        do {
            let entries = try listing.next(limit: min(max(1, Int(limit)), Self.pageLimit))
            if !listing.hasMore {
                handles.listings[handle] = nil
            }
            reply(stream, .page, PageMessage(entries: entries.map(FileStatusMessage.init), isLast: !listing.hasMore))
        } catch {
            handles.listings[handle] = nil
            throw error
        }
    }
}
