import CLinux
import ExecutionEngine
import Glibc

/// The whole program: pid 1 of a box, or the keeper of a sandbox on a user's own machine, which adopts orphans all the same.
package enum BoxDaemon {
    package static func main(_ arguments: [String]) {
        if arguments.dropFirst().first == ThawGuard.option { ThawGuard.run(arguments.dropFirst(2).first) }
        if arguments.dropFirst().first == "init" { FirstProcess.run() }
        if arguments.dropFirst().first == "relay" { Relay.run(arguments.dropFirst(2)) }
        guard let options = BoxDaemonOptions(Array(arguments.dropFirst())) else {
            _ = BoxDaemonOptions.usage.withCString { write(2, $0, strlen($0)) }
            exit(EX_USAGE)
        }
        do {
            try Hardening.closeDescriptors(keeping: [options.listener] + (options.cgroups.map { [$0] } ?? []))
            let shortage = try options.oomScore.flatMap { score throws(SystemError) in
                try ShortageScore(ofPrograms: score)
            }
            try Hardening.becomeOpaque()
            if options.isKeeper {
                try Hardening.becomeIndependent()
            }
            let loop = try EventLoop()
            let box = try Box(options, shortage: shortage, loop: loop)
            try box.serve()
            withExtendedLifetime(box) { loop.run() }
            exit(EXIT_SUCCESS)
        } catch {
            // Nobody reads what a box's first process prints; the code is the number of the failed call's error.
            exit(error.code)
        }
    }
}
