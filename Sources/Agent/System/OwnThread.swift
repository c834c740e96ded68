import CLinux
import Glibc

/// A thread outside the runtime's pools, for calls that block for long.
enum OwnThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(AgentError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 256 << 10)
        let argument = Unmanaged.passRetained(
            Body {
                linux_name_thread(name)
                body()
            }
        )
        var thread = pthread_t()
        let result = pthread_create(
            &thread,
            &attributes,
            { argument in
                if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            },
            argument.toOpaque()
        )
        guard result == 0 else {
            argument.release()
            throw .system("Cannot start a thread", result)
        }
    }
}
