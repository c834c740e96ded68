import BoxProtocol
import ExecutionEngine

/// Files for a client on another machine, which cannot be handed descriptors: their contents travel in frames.
extension Connection {
    func openReadInline(_ stream: UInt32, _ message: PathMessage) {
        guard canOpen(stream) else { return }
        answer(stream) { () throws(SystemError) in
            let (descriptor, status) = try FileReading.open(try path(message.path))
            handles.reads[stream] = descriptor
            reply(stream, .openedInline, FileStatusMessage(status))
        }
    }

    func openWriteInline(_ stream: UInt32, _ message: PathMessage) {
        guard canOpen(stream) else { return }
        answer(stream) { () throws(SystemError) in
            let file = try AtomicFile(replacing: try path(message.path), createParents: message.flag)
            handles.writes[stream] = file
            reply(stream, .openedInline, FileStatusMessage(try FileStatus(of: file.descriptor)))
        }
    }

    func readContents(_ stream: UInt32, _ message: ReadContentsMessage) {
        guard let file = handles.reads[message.handle] else {
            fail(stream, .noSuchHandle)
            return
        }
        answer(stream) { () throws(SystemError) in
            let limit = min(Int(message.limit), Frame.contentsChunk)
            let bytes = try FileContents.read(file, at: message.offset, limit: limit)
            reply(stream, .contents, ContentsMessage(bytes: bytes))
        }
    }

    func writeContents(_ stream: UInt32, _ message: WriteContentsMessage) {
        guard let file = handles.writes[message.handle] else {
            fail(stream, .noSuchHandle)
            return
        }
        answer(stream) { () throws(SystemError) in
            try FileContents.write(message.bytes, to: file.descriptor, at: message.offset)
            reply(stream, .done, EmptyMessage())
        }
    }
}
