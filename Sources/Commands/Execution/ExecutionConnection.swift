import NIOConcurrencyHelpers
import SandfleetClient

/// Tells a person, once, that the connection is lost; meanwhile the terminal's keys are the person's own again.
final class ExecutionConnection: Sendable {
    private let isRaw: Bool
    private let wasTold = NIOLockedValueBox(false)

    init(isRaw: Bool) {
        self.isRaw = isRaw
    }

    func changed(_ change: OutputConnectionChange) {
        switch change {
        case .lost:
            // Ctrl-C would wait for a connection that may never come back.
            TerminalMode.shared.restore()
            let isNews = wasTold.withLockedValue { wasTold in
                defer { wasTold = true }
                return !wasTold
            }
            if isNews {
                note("the connection is lost; the command goes on, and so does its output once there is another")
            }
        case .resumed:
            guard isRaw else { return }
            do {
                try TerminalMode.shared.makeRaw()
            } catch {
                // The keys come through line by line then.
                note("the terminal stays as it is")
            }
        }
    }
}
