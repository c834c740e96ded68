package import NIOCore

/// Looks at every entry of a tar archive as its bytes pass by, and holds none of them.
///
/// It is fed pieces of any size. What it has accepted may be passed on: an entry is refused before its first byte of
/// content is taken. It remembers nothing but where symbolic links are.
package struct TarScanner: Sendable {
    private enum State: Sendable, Hashable {
        case header
        /// Content that is of no interest, and its padding.
        case skipping(UInt64)
        /// Content that says something about the next entry, and the padding behind it.
        case reading(TarHeader.Kind, length: Int, padding: Int)
        /// After one block of zeroes.
        case endMark
        case ended
    }

    private let limits: TarLimits
    private let trust: TarTrust
    private let roots: Set<[UInt8]>?
    private var state = State.header
    private var pending: [UInt8] = []
    private var longPath: [UInt8]?
    private var longTarget: [UInt8]?
    private var attributes = PaxAttributes()
    private var symbolicLinks: Set<TarPath> = []

    /// Files, directories and links so far, and the bytes in the files.
    package private(set) var entries = 0
    package private(set) var bytes: UInt64 = 0

    /// - Parameter roots: The names that every path has to begin with; nil is any.
    package init(limits: TarLimits, trust: TarTrust, roots: [String]? = nil) {
        self.limits = limits
        self.trust = trust
        self.roots = roots.map { Set($0.map { Array($0.utf8) }) }
    }

    package mutating func feed(_ piece: ByteBuffer) throws(TarError) {
        var piece = piece
        while piece.readableBytes > 0 {
            switch state {
            case .header, .endMark:
                guard let block = collect(TarHeader.blockLength, from: &piece) else { return }
                try take(block)
            case .skipping(let left):
                let step = Int(min(left, UInt64(piece.readableBytes)))
                piece.moveReaderIndex(forwardBy: step)
                state = left == UInt64(step) ? .header : .skipping(left - UInt64(step))
            case .reading(let kind, let length, let padding):
                guard let content = collect(length + padding, from: &piece) else { return }
                state = .header
                try note(kind, Array(content.prefix(length)))
            case .ended:
                guard piece.readableBytesView.allSatisfy({ $0 == 0 }) else {
                    throw TarError(.malformed, "Bytes follow its end.")
                }
                return
            }
        }
    }

    /// To be called when there are no more bytes.
    package func finish() throws(TarError) {
        guard state == .ended || state == .endMark && pending.isEmpty else {
            throw TarError(.truncated, "It ends before its end.")
        }
    }

    /// So many bytes, once they are there.
    private mutating func collect(_ length: Int, from piece: inout ByteBuffer) -> [UInt8]? {
        let missing = length - pending.count
        pending += piece.readBytes(length: min(missing, piece.readableBytes)) ?? []
        guard pending.count == length else { return nil }
        defer { pending.removeAll(keepingCapacity: true) }
        return pending
    }

    private mutating func take(_ block: [UInt8]) throws(TarError) {
        guard !TarHeader.isEmpty(block) else {
            state = state == .endMark ? .ended : .endMark
            return
        }
        guard state == .header else { throw TarError(.malformed, "Bytes follow its end.") }
        let header = try TarHeader(block)
        switch header.kind {
        case .longPath, .longTarget, .attributes, .globalAttributes:
            let limit =
                header.kind == .longPath || header.kind == .longTarget ? limits.pathLength + 1 : limits.attributesLength
            guard header.size <= UInt64(limit) else {
                throw TarError(.path, "It has a path or attributes that are too long.")
            }
            let length = Int(header.size)
            guard length > 0 else { return }
            state = .reading(header.kind, length: length, padding: Self.padding(UInt64(length)))
        case .file, .hardLink, .symbolicLink, .directory:
            try admit(header)
        }
    }

    private mutating func note(_ kind: TarHeader.Kind, _ content: [UInt8]) throws(TarError) {
        switch kind {
        case .longPath: longPath = Array(content.prefix { $0 != 0 })
        case .longTarget: longTarget = Array(content.prefix { $0 != 0 })
        case .attributes: attributes = try PaxAttributes(content)
        case .globalAttributes:
            guard try PaxAttributes(content).isEmpty else {
                throw TarError(.malformed, "It gives one path, target or size to all of its entries.")
            }
        case .file, .hardLink, .symbolicLink, .directory: break
        }
    }

    private mutating func admit(_ header: TarHeader) throws(TarError) {
        let name = attributes.path ?? longPath ?? header.path
        let target = attributes.target ?? longTarget ?? header.target
        let size = attributes.size ?? header.size
        (attributes, longPath, longTarget) = (PaxAttributes(), nil, nil)

        let path = try TarPath(name, limit: limits.pathLength)
        // Before there were flags a directory was told by its name.
        let kind = header.kind == .file && name.last == UInt8(ascii: "/") ? .directory : header.kind
        if let roots {
            guard let root = path.parts.first, roots.contains(root) else {
                throw TarError(.path, "It has a path outside of the workspace: \(TarPath.shown(name))")
            }
        }
        guard symbolicLinks.isEmpty || symbolicLinks.isDisjoint(with: path.ancestors) else {
            throw TarError(.path, "It has a path that goes through a link: \(TarPath.shown(name))")
        }
        guard kind == .file || size == 0 else {
            throw TarError(.malformed, "It has content where none can be: \(TarPath.shown(name))")
        }
        try check(kind, path, target)
        try count(size)
        if kind == .symbolicLink || (kind == .hardLink && leadsToLink(target)) {
            symbolicLinks.insert(path)
        } else if !symbolicLinks.isEmpty {
            // What comes later under the same name replaces it.
            symbolicLinks.remove(path)
        }
        let length = size + UInt64(Self.padding(size))
        state = length == 0 ? .header : .skipping(length)
    }

    private func check(_ kind: TarHeader.Kind, _ path: TarPath, _ target: [UInt8]) throws(TarError) {
        guard kind == .hardLink || kind == .symbolicLink else { return }
        guard !path.parts.isEmpty, target.count <= limits.pathLength, !target.isEmpty, !target.contains(0) else {
            throw TarError(.link, "It has a link to nowhere.")
        }
        if kind == .symbolicLink {
            guard trust == .own || path.confines(target: target) else {
                throw TarError(.link, "It has a link that leads out of it: \(TarPath.shown(target))")
            }
            return
        }
        // The target of a hard link is a path in the archive.
        let linked: TarPath
        do {
            linked = try TarPath(target, limit: limits.pathLength)
        } catch {
            throw TarError(.link, "It has a link that leads out of it: \(TarPath.shown(target))")
        }
        let isInside = roots.map { roots in linked.parts.first.map(roots.contains) ?? false } ?? true
        // Another name for a symbolic link would lead elsewhere from where that is.
        guard isInside, symbolicLinks.isDisjoint(with: linked.ancestors),
            trust == .own || !symbolicLinks.contains(linked)
        else {
            throw TarError(.link, "It has a link that leads out of it: \(TarPath.shown(target))")
        }
    }

    private func leadsToLink(_ target: [UInt8]) -> Bool {
        guard !symbolicLinks.isEmpty, let path = try? TarPath(target, limit: limits.pathLength) else { return false }
        return symbolicLinks.contains(path)
    }

    private mutating func count(_ size: UInt64) throws(TarError) {
        entries += 1
        guard entries <= limits.entries else { throw TarError(.limit, "It has more than \(limits.entries) entries.") }
        guard size <= limits.bytes, bytes <= limits.bytes - size else {
            throw TarError(.limit, "Its files have more than \(limits.bytes) bytes.")
        }
        bytes += size
    }

    private static func padding(_ size: UInt64) -> Int {
        let block = UInt64(TarHeader.blockLength)
        return Int((block - size % block) % block)
    }
}
