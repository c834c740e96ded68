import Glibc
import Model
import ProviderKit
import Testing

@testable import LocalDriver

@Suite(.serialized, .enabled(if: isRoot))
struct ImageTests {
    @Test(arguments: ["directory", "plain.tar", "packed.tar.gz", "packed.tar.zst"])
    func imageBringsItsOwnSystem(_ name: String) async throws {
        try await LocalFixture.withDriver { fixture in
            let images = "\(fixture.configuration.dataDirectory)/images"
            try makeRoot(at: "\(images)/directory")
            if name != "directory" {
                try Tool.run("/usr/bin/tar", ["-caf", "\(images)/\(name)", "-C", "\(images)/directory", "."])
            }
            let box = try await fixture.create(nil, SandboxSpec(image: name))
            #expect(try await box.shell("cat /marker; pwd; echo x > f; cat f") == "from the image\n/workspace\nx")
            // Its own users, and ours.
            let users = try await box.shell("while read l; do echo $l; done < /etc/passwd")
            #expect(users.contains("imageuser") && users.contains("sandbox:x:1000") && !users.contains("impostor"))
            // The host's own programs are not there.
            #expect(try await box.result("test -e /usr/bin/python3").exit.code == 1)
            let second = try await fixture.create(nil, SandboxSpec(image: name))
            #expect(try await second.shell("cat /marker") == "from the image")
            #expect(try HostFile.text("\(images)/directory/marker") == "from the image\n")
        }
    }

    @Test
    func imagesOutsideTheirDirectoriesDoNotExist() async throws {
        try await LocalFixture.withDriver { fixture in
            let images = "\(fixture.configuration.dataDirectory)/images"
            try HostFile.makeDirectories(images)
            try #require(symlink("/", "\(images)/link") == 0)
            for image in ["/", "/etc", "..", "../boxes", "link", "link/etc", "missing", "", "."] {
                let kind = await failure { _ = try await fixture.create(nil, SandboxSpec(image: image)) }
                #expect(kind == .invalid, "\(image)")
            }
            let boxes = try await fixture.driver.list()
            #expect(boxes.isEmpty)
        }
    }

    /// A shell and what it needs, from the host.
    private func makeRoot(at path: String) throws {
        for directory in ["bin", "etc", "lib", "lib64"] {
            try HostFile.makeDirectories("\(path)/\(directory)", mode: 0o755)
        }
        for program in ["dash", "cat"] { try copyResolved("/usr/bin/\(program)", to: "\(path)/bin/\(program)") }
        try #require(symlink("dash", "\(path)/bin/sh") == 0)
        for library in ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"]
        where HostFile.realPath(library) != nil {
            try copyResolved(library, to: path + library)
        }
        for directory in ["/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu"]
        where HostFile.realPath("\(directory)/libc.so.6") != nil {
            try HostFile.makeDirectories(path + directory, mode: 0o755)
            try copyResolved("\(directory)/libc.so.6", to: "\(path)\(directory)/libc.so.6")
        }
        try HostFile.write("\(path)/marker", "from the image\n".utf8, flags: O_CREAT, mode: 0o644)
        let users = "imageuser:x:7:7::/:/bin/sh\nimpostor:x:1000:1000::/:/bin/sh\n"
        try HostFile.write("\(path)/etc/passwd", users.utf8, flags: O_CREAT, mode: 0o644)
    }

    private func copyResolved(_ source: String, to target: String) throws {
        try FileTree.copy(try #require(HostFile.realPath(source)), to: target)
    }
}
