import Bus
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import Model
import ServiceHost
import Store
import SwiftProtobuf
import Wire

/// Writes to a process's standard input through its owner.
struct ProcessInput: Sendable {
    private static let firstPause = Duration.milliseconds(50)
    private static let longestPause = Duration.seconds(2)
    /// How long a process may leave its input unread before this gateway gives up; the rest then has to be sent again.
    private static let patience = Duration.seconds(3600)

    let caller: SandboxCaller
    let callTimeout: Duration
    let process: ProcessID
    let sandbox: SandboxID
    let context: GatewayContext

    /// One request to append.
    ///
    /// - Parameter offset: Where the bytes begin; nil is the end of what was taken so far.
    func write(
        _ bytes: some Sequence<UInt8>,
        at offset: UInt64?,
        end: Bool,
        operation: String = ID.new(of: Kind.Operation.self).rawValue
    ) async throws -> WireStdinState {
        var request = WireSandboxRequest()
        request.operationID = operation
        request.writeStdin = .with {
            $0.processID = process.rawValue
            if let offset { $0.offset = offset }
            $0.bytes = Data(bytes)
            $0.end = end
        }
        let call = context.call(within: callTimeout)
        let reply = try await caller.ask(request, of: sandbox, in: try context.principal.workspace, call)
        guard case .stdin(let state) = reply.result else { throw Fault.otherAnswer }
        return state
    }

    /// Writes all of an input that began with the start, and its end, at the pace of the process.
    ///
    /// Offsets make every piece safe to repeat, so troubles on the way are waited out. Returns when all was taken, or the
    /// process takes no more.
    func feed(_ input: [UInt8], from start: Int, staysOpen: Bool) async throws {
        var offset = start
        var pause = Self.firstPause
        var moved = ContinuousClock.now
        while ContinuousClock.now - moved < Self.patience {
            let piece = input[min(offset, input.count)...].prefix(ProcessBody.inputPiece)
            let isLast = piece.endIndex == input.count
            do {
                let state = try await write(piece, at: UInt64(offset), end: isLast && !staysOpen)
                let taken = min(Int(clamping: state.offset), input.count)
                if state.ended || isLast && staysOpen && taken == input.count { return }
                let isMoving = taken > offset
                offset = taken
                if isMoving {
                    pause = Self.firstPause
                    moved = .now
                    continue
                }
            } catch let fault as Fault {
                switch fault.code {
                case .processEnded, .processNotFound: return
                case .stdinOffset:
                    // A repeat of the same start has written as well, or the owner took less than it answered.
                    guard let stands = fault.details["offset"].flatMap({ Int($0) }), stands <= input.count else {
                        throw fault
                    }
                    offset = stands
                case let code where code.httpStatus.kind == .clientError: throw fault
                default: log("input not written yet", fault)
                }
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, Self.longestPause)
        }
        throw Fault(.deadlineExceeded, "The process has not read its input for \(Self.patience).")
    }

    /// The same, when nobody waits for it.
    func feedOrLog(_ input: [UInt8], from start: Int, staysOpen: Bool) async {
        do {
            try await feed(input, from: start, staysOpen: staysOpen)
        } catch {
            log("input not written", error)
        }
    }

    private func log(_ message: Logger.Message, _ error: any Error) {
        context.logger.info(message, metadata: .keyed([.process: "\(process)", .error: "\(error)"]))
    }
}
