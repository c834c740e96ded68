import Foundation
import Wire

extension WireSandboxRequest {
    /// Tells requests apart that come under the same id; not across processes.
    ///
    /// A start is compared by the hash that its asker made of what it was asked: every attempt chooses a process id of
    /// its own. Bytes in a tunnel are not compared.
    var fingerprint: Int {
        var hasher = Hasher()
        switch operation {
        case .run(let run):
            hasher.combine("run")
            hasher.combine(run.start)
        case .startProcess(let start):
            hasher.combine("start")
            hasher.combine(start)
        case .writeFile(var write):
            // The bytes apart: as a field only their beginning counts.
            hasher.combine(all: write.content)
            write.content = Data()
            hasher.combine(write)
        case .writeStdin(var write):
            hasher.combine(all: write.bytes)
            write.bytes = Data()
            hasher.combine(write)
        case .saveCheckpoint(var save):
            // Counted from when it was asked: a repeat is given a later time.
            save.clearExpiresAt()
            hasher.combine(save)
        default:
            var request = self
            request.operationID = ""
            request.tunnel = ""
            hasher.combine(request)
        }
        return hasher.finalize()
    }

    /// Whether a repeat after the end is done again: it changes nothing, or finds by itself what it did.
    var isDoneAgain: Bool {
        switch operation {
        case .run, .startProcess, .cancelProcess, .resizeTerminal: true
        case .readFile, .statFile, .listDirectory, .createArchive, .exportWorkspace, .describePort: true
        // Its row in the ledger says what came of it.
        case .saveCheckpoint: true
        default: false
        }
    }

    /// What becomes of it when the sandbox is drained.
    var manner: OperationTable.Manner {
        switch operation {
        case .run, .startProcess, .writeStdin, .signalProcess, .cancelProcess, .resizeTerminal: .process
        case .readFile, .statFile, .listDirectory, .createArchive, .exportWorkspace, .describePort: .read
        case .restoreCheckpoint: .drain
        default: .change
        }
    }
}

extension Hasher {
    fileprivate mutating func combine(all data: Data) {
        data.withUnsafeBytes { combine(bytes: $0) }
    }

    fileprivate mutating func combine(_ start: WireStartProcess) {
        guard start.requestHash.isEmpty else { return combine(all: start.requestHash) }
        combine(all: start.stdin)
        var start = start
        start.processID = ""
        start.stdin = Data()
        combine(start as AnyHashable)
    }
}
