import BoxProtocol
import ExecutionEngine
import Glibc

/// `boxd relay`: joins its standard input and output with the daemon of the box, which it starts when none runs.
///
/// It is what a provider's own exec runs, so that whoever is at the other end speaks with the daemon. It begins with one line,
/// ``Greeting``. What it starts outlives it; it ends with its input, or with the daemon's end of the connection.
enum Relay {
    static func run(_ arguments: ArraySlice<String>) -> Never {
        guard let options = RelayOptions(arguments) else {
            complain(RelayOptions.usage)
            exit(EX_USAGE)
        }
        // A reader that has gone away is told by the write.
        signal(SIGPIPE, SIG_IGN)
        do throws(SystemError) {
            let (socket, isFresh) = try DaemonLaunch(options).connect()
            try socket.setBlocking()
            guard ByteCopy.writeAll(Array(RelayGreeting(isFresh: isFresh).line.utf8), to: 1) else { throw .current }
            join(socket, isText: options.isText)
            exit(EXIT_SUCCESS)
        } catch {
            complain("boxd relay: \(String(cString: strerror(error.code)))\n")
            exit(EX_OSERR)
        }
    }

    /// Copies both ways until one of them ends.
    private static func join(_ socket: Descriptor, isText: Bool) {
        let upward = ByteCopy(from: 0, to: socket.number, form: isText ? .decoding : .plain)
        let thread = Unmanaged.passRetained(upward)
        var identifier = pthread_t()
        let result = pthread_create(
            &identifier,
            nil,
            { argument in
                if let argument {
                    let copy = Unmanaged<ByteCopy>.fromOpaque(argument).takeRetainedValue()
                    copy.run()
                    // The other direction reads the end, and ends the program.
                    shutdown(copy.target, Int32(SHUT_RDWR))
                }
                return nil
            },
            thread.toOpaque()
        )
        guard result == 0 else {
            thread.release()
            return
        }
        ByteCopy(from: socket.number, to: 1, form: isText ? .encoding : .plain).run()
    }

    private static func complain(_ text: String) {
        _ = ByteCopy.writeAll(Array(text.utf8), to: 2)
    }
}
