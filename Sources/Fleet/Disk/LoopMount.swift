import CLinux
import Glibc

/// A file system in a file.
///
/// Every call blocks its thread.
enum LoopMount {
    static func mount(_ image: String, on target: String) throws(FleetError) {
        let file = open(image, O_RDWR | O_CLOEXEC)
        guard file >= 0 else { throw FleetError(.data, "it cannot be opened: \(lastSystemError()).") }
        defer { close(file) }
        // Boxes that outlived an earlier fleet may still use it: never two devices of one file.
        if let device = attached(file) { return try mount(device: device, on: target) }
        var path = [CChar](repeating: 0, count: 64)
        let descriptor = linux_loop_attach(file, &path, path.count)
        guard descriptor >= 0 else {
            throw FleetError(.notPermitted, "no loop device can be used: \(lastSystemError()).")
        }
        // The device lets go of the file when nobody uses it any more, however we end.
        defer { close(descriptor) }
        let name = path.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } } ?? ""
        try mount(device: name, on: target)
    }

    private static func mount(device: String, on target: String) throws(FleetError) {
        guard linux_mount_btrfs(device, target) == 0 else {
            throw FleetError(.data, "btrfs cannot be mounted here: \(lastSystemError()).")
        }
    }

    private static func attached(_ file: Int32) -> String? {
        guard let stream = opendir("/sys/block") else { return nil }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasPrefix("loop"), access("/sys/block/\(name)/loop", F_OK) == 0 else { continue }
            if linux_loop_backs("/dev/\(name)", file) == 1 { return "/dev/\(name)" }
        }
        return nil
    }
}
