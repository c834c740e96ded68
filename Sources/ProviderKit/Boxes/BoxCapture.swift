package import Model

/// Everything a driver needs to save a box's files.
package struct BoxCapture: Sendable {
    package var archive: ArchiveID
    package var envelope: Envelope
    package var sandbox: SandboxID
    package var epoch: UInt64

    package init(archive: ArchiveID, envelope: Envelope, sandbox: SandboxID, epoch: UInt64) {
        self.archive = archive
        self.envelope = envelope
        self.sandbox = sandbox
        self.epoch = epoch
    }
}
