import Glibc
import Model
import ProviderKit
import Testing

@testable import LocalDriver

@Suite(.serialized, .enabled(if: isRoot))
struct IsolationTests {
    @Test
    func boxSeesItsOwnWorldOnly() async throws {
        setenv("SANDFLEET_TEST_SECRET", "hidden", 1)
        try await LocalFixture.withDriver { fixture in
            let neighbour = fixture.newTag()
            _ = try await fixture.create(neighbour)
            let box = try await fixture.create(environment: ["GIVEN": "value"])

            #expect(
                try await box.shell("pwd; echo $HOME; id -u; id -un; hostname")
                    == "/workspace\n/home/sandbox\n1000\nsandbox\nsandbox"
            )
            #expect(try await box.shell("touch /workspace/a ~/b /tmp/c && ls /workspace") == "a")
            #expect(try await box.shell("env | cut -d= -f1 | sort | tr '\\n' ' '").contains("GIVEN"))
            #expect(try await !box.shell("env").contains("SANDFLEET_TEST_SECRET"))
            #expect(try await !box.shell("cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'").contains("hidden"))
            #expect(try await box.result("touch /usr/x").exit.code != 0)
            #expect(try await box.result("touch /etc/x || touch /x").exit.code != 0)
            for hidden in [
                "/root/.bashrc", "/etc/shadow", "/etc/ssl/private", "/etc/ssh", "/sys/fs",
                fixture.configuration.dataDirectory,
            ] {
                #expect(try await box.result("test -e \(hidden)").exit.code == 1, "\(hidden) is visible")
            }
            #expect(try await box.result("find / -xdev -name '\(neighbour.box)*' 2>/dev/null | grep .").exit.code == 1)

            let status = try await box.shell("grep -E '^(Cap|NoNew|Seccomp:)' /proc/self/status | tr -s '\\t' ' '")
            for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
                #expect(status.contains("\(set): 0000000000000000"))
            }
            #expect(status.contains("NoNewPrivs: 1"))
            #expect(status.contains("Seccomp: 2"))
            for namespace in ["pid", "mnt", "user", "ipc", "uts", "cgroup", "net"] {
                let own = HostFile.linkTarget("/proc/self/ns/\(namespace)")
                #expect(try await box.shell("readlink /proc/self/ns/\(namespace)") != own, "\(namespace) is shared")
            }
            #expect(try await box.shell("cat /proc/1/comm") == "boxd")
            // The first process does not let itself be looked into, and hands nothing on.
            #expect(try await box.result("ls /proc/1/fd/").exit.code != 0)
            #expect(try await box.shell("ls /proc/self/fd | tr '\\n' ' '") == "0 1 2 3 ")
        }
    }

    @Test
    func kernelRefusesWhatABoxMustNotAsk() async throws {
        try await LocalFixture.withDriver { fixture in
            let box = try await fixture.create()
            for command in [
                "mount -t tmpfs tmpfs /tmp", "umount /proc", "unshare -U true", "unshare -m true", "unshare -n true",
                "chroot / true", "mknod /tmp/n c 1 3", "nsenter -t 1 -m true", "dmesg",
            ] {
                #expect(try await box.result(command).exit.code != 0, "\(command) is allowed")
            }
            let numbers: [(String, Int, String)] = [
                ("bpf", 321, "EPERM"), ("userfaultfd", 323, "EPERM"),
                ("perf_event_open", 298, "EPERM"), ("keyctl", 250, "EPERM"), ("io_uring_setup", 425, "EPERM"),
                ("fsopen", 430, "EPERM"), ("open_tree", 428, "EPERM"), ("setns", 308, "EPERM"),
                ("open_by_handle_at", 304, "EPERM"), ("init_module", 175, "EPERM"), ("iopl", 172, "EPERM"),
            ]
            #if arch(x86_64)
            for (name, number, expected) in numbers {
                let script = """
                    python3 -c "import ctypes,errno;l=ctypes.CDLL(None,use_errno=True);l.syscall(\(number),0,0,0,0,0,0);\
                    print(errno.errorcode.get(ctypes.get_errno()))"
                    """
                #expect(try await box.shell(script) == expected, "\(name)")
            }
            // Numbers of the other calling convention end the process.
            let foreign = try await box.result("python3 -c 'import ctypes;ctypes.CDLL(None).syscall(0x40000000+39)'")
            #expect(foreign.exit.code == 159 || foreign.exit.signal == SIGSYS)
            #endif
            let terminal = try await box.shell(
                """
                python3 -c "
                import fcntl,os,termios,socket
                a,b=os.openpty()
                try: fcntl.ioctl(b,termios.TIOCSTI,b'x'); print('pushed')
                except OSError as e: print(e.errno)
                try: socket.socket(40,1); print('vsock')
                except OSError as e: print(e.errno)"
                """
            )
            #expect(terminal == "\(EPERM)\n\(EAFNOSUPPORT)")
        }
    }

    @Test
    func noNetworkMeansLoopbackOnly() async throws {
        try await LocalFixture.withDriver { fixture in
            let box = try await fixture.create()
            #expect(try await box.shell("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '") == "lo")
            let loopback = """
                python3 -c "
                import socket
                s=socket.create_server(('127.0.0.1',0)); c=socket.create_connection(s.getsockname()); print('connected')
                try: socket.create_connection(('192.0.2.1',80),2)
                except OSError as e: print(e.errno)"
                """
            #expect(try await box.shell(loopback) == "connected\n\(ENETUNREACH)")

            let open = try await fixture.create(nil, SandboxSpec(networkPolicy: .full))
            #expect(try await open.shell("readlink /proc/self/ns/net") == HostFile.linkTarget("/proc/self/ns/net"))
            let resolver = try #require(try HostFile.text("/etc/resolv.conf"))
            #expect(try await open.shell("cat /etc/resolv.conf; echo .") == resolver + ".")
        }
    }
}
