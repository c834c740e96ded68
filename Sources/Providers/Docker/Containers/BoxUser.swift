import NIOCore

/// The numbers of the user that a box's programs run as.
struct BoxUser: Sendable, Hashable {
    static let root = BoxUser(uid: 0, gid: 0)

    var uid: UInt32
    var gid: UInt32

    /// The user of a container's `User`, by the container's own `/etc/passwd` and `/etc/group` where it is a name.
    ///
    /// - Returns: Nil when nothing tells who that is.
    static func resolve(_ text: String, passwd: ByteBuffer?, group: ByteBuffer?) -> BoxUser? {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard let name = parts.first else { return .root }
        var user: BoxUser
        if let uid = UInt32(name) {
            user = BoxUser(uid: uid, gid: 0)
            // A user without a line in it is in root's group, as the engine has it.
            if parts.count == 1, let line = line(where: 2, is: name, in: passwd) {
                user.gid = number(line, 3) ?? 0
            }
        } else {
            guard let line = line(where: 0, is: name, in: passwd), let uid = number(line, 2) else {
                return nil
            }
            user = BoxUser(uid: uid, gid: number(line, 3) ?? 0)
        }
        guard parts.count == 2 else { return user }
        if let gid = UInt32(parts[1]) {
            user.gid = gid
        } else {
            guard let line = line(where: 0, is: parts[1], in: group), let gid = number(line, 2) else {
                return nil
            }
            user.gid = gid
        }
        return user
    }

    private static func line(where column: Int, is value: String, in file: ByteBuffer?) -> [Substring]? {
        guard let file else { return nil }
        return String(buffer: file).split(separator: "\n")
            .map { $0.split(separator: ":", omittingEmptySubsequences: false) }
            .first { $0.count > column && $0[column] == value }
    }

    private static func number(_ line: [Substring], _ column: Int) -> UInt32? {
        line.count > column ? UInt32(line[column]) : nil
    }
}
