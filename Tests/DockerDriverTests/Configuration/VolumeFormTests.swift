import ProviderKit
import Testing

@testable import DockerDriver

@Suite struct VolumeFormTests {
    @Test(arguments: [
        "cache:/cache, tools:/opt/tools:ro", #"["cache:/cache","tools:/opt/tools:ro"]"#, "cache:/cache:rw tools:/opt/tools:ro",
    ])
    func namesAndTargetsAreRead(text: String) throws {
        let volumes = try DockerVolume.parse(text, "it")
        #expect(volumes.map(\.name) == ["cache", "tools"])
        #expect(volumes.map(\.target) == ["/cache", "/opt/tools"])
        #expect(volumes.map(\.isReadOnly) == [false, true])
    }

    @Test(arguments: [
        "cache", "cache:", ":/cache", "cache:cache", "cache:/", "cache:/a/", "cache:/a//b", "cache:/a/../b", "cache:/a:rx",
        "cache:/workspace", "cache:/workspace/deep", "cache:/.sandfleet", "cache:/proc/x", "/etc:/host", "../x:/a",
        "a:/a,b:/a", "[1]", #"["a:/x,y"]"#, "a:/a:ro:z",
    ])
    func whatIsNoVolumeIsRefused(text: String) {
        let error = #expect(throws: DriverError.self) { try DockerVolume.parse(text, "it") }
        #expect(error?.kind == .invalid)
        #expect(error?.message.contains("it") == true)
    }
}
