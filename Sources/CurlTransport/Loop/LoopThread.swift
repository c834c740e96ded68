import Glibc

/// Starts a detached thread that takes no signals.
///
/// With `CURLOPT_NOSIGNAL` libcurl leaves SIGPIPE alone; blocked here, a write to a closed TLS connection is an error
/// code instead of the end of the process. libcurl's resolver threads inherit the mask.
enum LoopThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    static func spawn(_ run: @escaping @Sendable () -> Void) throws {
        let body = Unmanaged.passRetained(Body(run))
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                var all = sigset_t()
                sigfillset(&all)
                pthread_sigmask(SIG_BLOCK, &all, nil)
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            },
            body.toOpaque()
        )
        guard code == 0 else {
            body.release()
            throw HTTPTransportError(
                code: .internal,
                message: "no thread: \(String(cString: strerror(code)))",
                mayHaveBeenDelivered: false
            )
        }
        pthread_detach(thread)
    }
}
