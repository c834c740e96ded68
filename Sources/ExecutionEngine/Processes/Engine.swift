import CLinux
import Glibc

/// Runs processes on one host: starts them, reads their output, learns their end, ends their trees.
package final class Engine {
    package let loop: EventLoop

    /// Where a process gets a cgroup of its own; nil where the kernel does not let us.
    private var cgroups: CgroupPool?

    private let shortage: ShortageScore?

    private var marks: TreeMarks?

    let budget: OutputBudget

    /// Where the output of detached processes goes that memory does not hold.
    let spool: Spool?

    /// After a process that wrote more, memory goes back to the system.
    private static let largeOutput: UInt64 = 256 << 10

    /// After so many at once, once all are forgotten, too: what they leave lies scattered.
    private static let largeCount = 64

    /// The most at once since there was none.
    private var peakCount = 0

    /// Every buffer that is used within one call and not beyond it.
    package let scratch: UnsafeMutableRawBufferPointer

    private let waiter: any ChildWaiter

    /// What is read from when there is nothing to read, and written to when nobody listens.
    private let null: Descriptor

    private var executions: [String: Execution] = [:]

    /// - Parameters:
    ///   - marksTrees: Whether what has left its session, parent and environment is found without a cgroup too; this process
    ///     has to be a subreaper.
    ///   - cgroups: A cgroup2 directory that belongs to us.
    ///   - spool: Takes what nobody has acknowledged of detached processes; nil makes them wait.
    ///   - shortage: How soon programs die when memory is short; nil is as soon as this process.
    package init(
        loop: EventLoop,
        waitMode: WaitMode,
        marksTrees: Bool = false,
        cgroups: Descriptor? = nil,
        spool: Spool? = nil,
        shortage: ShortageScore? = nil
    ) throws(SystemError) {
        self.loop = loop
        self.cgroups = cgroups.map(CgroupPool.init)
        self.shortage = shortage
        self.spool = spool
        budget = OutputBudget(limit: spool == nil ? 32 << 20 : 8 << 20)
        marks = marksTrees ? TreeMarks() : nil
        null = try Descriptor.null()
        switch waitMode {
        case .everyChild: waiter = try EveryChildWaiter(loop: loop)
        case .ownChildren: waiter = OwnChildrenWaiter(loop: loop)
        }
        scratch = .allocate(byteCount: 64 << 10, alignment: 16)
    }

    deinit {
        scratch.deallocate()
    }

    /// Every process that is running or has not been forgotten.
    package var all: [Execution] { Array(executions.values) }

    package var count: Int { executions.count }

    package func execution(id: String) -> Execution? {
        executions[id]
    }

    package func start(_ command: Command, observer: (any ExecutionObserver)?) throws(StartFailure) -> Execution {
        guard executions[command.id] == nil else {
            throw StartFailure(.identifierInUse, SystemError(code: EEXIST))
        }
        var command = command
        // A marker from outside, when an engine runs inside another one's process, would come second and mislead.
        command.environment.removeAll { $0.utf8.starts(with: ProcessSearch.markerName) }
        command.environment.append("\(ProcessSearch.marker)=\(command.id)")
        if let mark = marks?.take() {
            command.mark = mark
            command.limits.append(Command.Limit(.fileLocks, mark))
        }
        do {
            return try launch(command, observer: observer)
        } catch let failure as StartFailure {
            throw failure
        } catch {
            throw StartFailure(.resources, (error as? SystemError) ?? .invalidArgument)
        }
    }

    private func launch(_ command: Command, observer: (any ExecutionObserver)?) throws -> Execution {
        let channels = try Channels(for: command, null: null, loop: loop)
        // The process's ends have to be open until it has them.
        let (process, tree) = try withExtendedLifetime(channels) { try spawn(command, channels.io) }
        return try watch(command, process, channels, tree, observer)
    }

    private func spawn(_ command: Command, _ io: Spawner.StandardIO) throws -> (Int32, ProcessTree) {
        if let cgroups {
            do {
                return try spawn(command, io, in: cgroups)
            } catch let error as SystemError where !cgroups.isProven && error.forbidsCgroups {
                self.cgroups = nil
            } catch let failure as StartFailure where !cgroups.isProven && failure.forbidsCgroups {
                self.cgroups = nil
            }
        }
        return (try Spawner.start(command, io, cgroup: nil, shortage: shortage), .search)
    }

    private func spawn(
        _ command: Command,
        _ io: Spawner.StandardIO,
        in cgroups: CgroupPool
    ) throws -> (Int32, ProcessTree) {
        let cgroup = try cgroups.take()
        do {
            let directory = cgroup.directory.number
            let process = try Spawner.start(command, io, cgroup: directory, shortage: shortage)
            cgroups.isProven = true
            return (process, .cgroup(cgroup))
        } catch {
            cgroups.giveBack(cgroup, isEmpty: cgroup.isEmpty)
            throw error
        }
    }

    private func watch(
        _ command: Command,
        _ process: Int32,
        _ channels: Channels,
        _ tree: ProcessTree,
        _ observer: (any ExecutionObserver)?
    ) throws(SystemError) -> Execution {
        let execution = Execution(command, process: process, channels: channels, tree: tree, engine: self)
        do {
            try waiter.wait(for: process) { status in execution.exited(status) }
        } catch {
            kill(-process, SIGKILL)
            waitpid(process, nil, 0)
            if case .cgroup(let cgroup) = tree {
                cgroups?.giveBack(cgroup, isEmpty: cgroup.isEmpty)
            }
            throw error
        }
        do {
            try execution.begin(command)
        } catch {
            kill(-process, SIGKILL)
            // Its wait status brings its end.
            forget(execution)
            throw error
        }
        executions[command.id] = execution
        peakCount = max(peakCount, executions.count)
        execution.observer = observer
        return execution
    }

    /// Ends every descendant of this process, which has to be a subreaper, whoever started it.
    package func killEverything(graceMilliseconds: UInt64, _ completion: @escaping (Bool) -> Void) {
        TreeKill(of: EveryDescendant(), loop: loop, graceMilliseconds: graceMilliseconds, completion).begin()
    }

    /// Forgets a process that has ended, or that nobody will ask about when it does.
    package func forget(_ execution: Execution) {
        if executions[execution.id] === execution {
            executions[execution.id] = nil
        }
        execution.isForgotten = true
        execution.discardOutput()
        budget.forget(execution)
        spool?.forget(execution)
        if execution.end != nil {
            settle(execution)
        }
        var leavesMuch = execution.stdout.end + execution.stderr.end > Self.largeOutput
        if executions.isEmpty {
            leavesMuch = leavesMuch || peakCount >= Self.largeCount
            peakCount = 0
        }
        if leavesMuch {
            // Behind this turn's work, which may still hold some of it.
            loop.later { linux_trim_memory() }
        }
    }

    /// Takes its cgroup back once nobody is in it, or nobody asks who is.
    func settle(_ execution: Execution) {
        guard case .cgroup(let cgroup) = execution.tree, execution.kills == 0, !execution.isAlive else { return }
        let isEmpty = cgroup.isEmpty
        if isEmpty || execution.isForgotten {
            execution.tree = .gone
            cgroups?.giveBack(cgroup, isEmpty: isEmpty)
        }
    }
}

extension SystemError {
    /// Not a shortage, which passes.
    fileprivate var forbidsCgroups: Bool { ![EAGAIN, ENOMEM, EMFILE, ENFILE].contains(code) }
}

extension StartFailure {
    fileprivate var forbidsCgroups: Bool { isBirth && error.forbidsCgroups }
}
