import NIOCore
import Testing

@testable import DockerDriver

struct UserTests {
    private let passwd = ByteBuffer(string: "root:x:0:0::/root:/bin/sh\nnode:x:1000:1001::/home/node:/bin/sh\n")
    private let group = ByteBuffer(string: "root:x:0:\nstaff:x:50:\n")

    @Test(
        arguments: [
            ("", 0, 0), ("node", 1000, 1001), ("1000", 1000, 1001), ("4242", 4242, 0), ("7:8", 7, 8),
            ("node:staff", 1000, 50), ("node:9", 1000, 9),
        ]
    )
    func usersAreFound(_ text: String, _ uid: UInt32, _ gid: UInt32) {
        #expect(BoxUser.resolve(text, passwd: passwd, group: group) == BoxUser(uid: uid, gid: gid))
    }

    @Test(arguments: ["nobody", "node:nobody"])
    func othersAreNot(_ text: String) {
        #expect(BoxUser.resolve(text, passwd: passwd, group: group) == nil)
        #expect(BoxUser.resolve("nobody", passwd: nil, group: nil) == nil)
    }

    @Test func aTarIsReadAsItIsWritten() throws {
        var tar = TarFile()
        tar.add(directory: "a", mode: 0o700, owner: .root)
        tar.add(file: "a/b", mode: 0o644, owner: BoxUser(uid: 1, gid: 2), content: ByteBuffer(string: "content"))
        tar.finish()
        #expect(tar.bytes.readableBytes % 512 == 0)
        #expect(TarFile.content(ofFirstIn: tar.bytes) == ByteBuffer(string: "content"))
        #expect(TarFile.content(ofFirstIn: ByteBuffer()) == nil)
        #expect(TarFile.content(ofFirstIn: ByteBuffer(repeating: 7, count: 600)) == nil)
    }
}
