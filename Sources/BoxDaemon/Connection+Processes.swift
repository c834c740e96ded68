import BoxProtocol
import ExecutionEngine
import Glibc

extension Connection {
    /// Running, or ended and not released.
    ///
    /// With what the engine holds for each and for all this bounds the daemon's memory.
    private static let maximumProcesses = 4096

    func start(_ stream: UInt32, _ message: StartMessage) {
        guard processes[stream] == nil else {
            fail(stream, .invalid)
            return
        }
        guard box.engine.count < Self.maximumProcesses else {
            fail(stream, .tooMany)
            return
        }
        if let refusal = box.refusal(of: message) {
            fail(stream, refusal)
            return
        }
        do {
            let execution = try box.engine.start(command(for: message), observer: self)
            processes[stream] = ProcessStream(execution)
            execution.tag = stream
            reply(stream, .started, StartedMessage(process: execution.process, input: InputPosition(execution)))
        } catch let failure as StartFailure {
            fail(stream, failure.code, errno: failure.error.code)
        } catch let error as SystemError where error == .outsideRoot {
            fail(stream, error)
        } catch {
            fail(stream, .invalid)
        }
    }

    private func command(for message: StartMessage) throws -> Command {
        let directory =
            message.workingDirectory.isEmpty
            ? box.workspace : try FilePath(message.workingDirectory, workspace: box.workspace).string
        var command = Command(
            id: message.id,
            arguments: message.arguments,
            environment: box.environment(for: message),
            workingDirectory: directory
        )
        if box.root != nil {
            command.heldDirectory = try hold(directory)
        }
        command.input =
            switch message.input {
            case .none: .none
            case .bytes(let bytes): .bytes(bytes)
            case .open(let bytes): .open(bytes)
            }
        command.terminal = message.terminal.map { Command.Terminal(rows: $0.rows, columns: $0.columns) }
        command.timeoutMilliseconds = message.timeoutMilliseconds > 0 ? UInt64(message.timeoutMilliseconds) : nil
        command.graceMilliseconds = UInt64(message.graceMilliseconds)
        command.isDetached = message.isDetached
        command.window = message.isDetached ? 1 << 20 : 512 << 10
        for (resource, value) in [
            (Command.Limit.Resource.addressSpace, message.addressSpace), (.processes, message.processCount),
            (.openFiles, message.openFiles),
        ] where value > 0 {
            command.limits.append(Command.Limit(resource, value))
        }
        if let limit = box.addressSpace {
            command.limits.removeAll { $0.resource == .addressSpace && $0.value >= limit }
            if !command.limits.contains(where: { $0.resource == .addressSpace }) {
                command.limits.append(Command.Limit(.addressSpace, limit))
            }
        }
        return command
    }

    private func hold(_ directory: String) throws -> Descriptor {
        do throws(SystemError) {
            return try path(directory).open(FilePath.handle | O_DIRECTORY)
        } catch {
            guard error != .outsideRoot else { throw error }
            throw StartFailure(.badWorkingDirectory, error)
        }
    }

    /// The last one to attach is the one that is told.
    func attach(_ stream: UInt32, _ message: AttachMessage) {
        guard processes[stream] == nil else {
            fail(stream, .invalid)
            return
        }
        guard let execution = box.engine.execution(id: message.id), execution.isDetached else {
            fail(stream, .noSuchProcess)
            return
        }
        guard execution.stdout.covers(message.offsets.stdout), execution.stderr.covers(message.offsets.stderr) else {
            fail(stream, .outputForgotten)
            return
        }
        // Its predecessor may have died before it could say so, and left a full window that would never move.
        execution.acknowledge(stdout: message.offsets.stdout, stderr: message.offsets.stderr)
        (execution.observer as? Connection)?.stopFollowing(execution)
        execution.observer = self
        execution.tag = stream
        processes[stream] = ProcessStream(execution, from: message.offsets)
        reply(stream, .started, StartedMessage(process: execution.process, input: InputPosition(execution)))
        announce(stream)
    }

    func acknowledge(_ stream: UInt32, _ offsets: OutputOffsets) {
        guard let execution = processes[stream]?.execution else { return }
        execution.acknowledge(stdout: offsets.stdout, stderr: offsets.stderr)
        if execution.isSpooled {
            // More may be held than was sent.
            announce(stream)
        }
    }

    func listProcesses(_ stream: UInt32) {
        let summaries = box.engine.all.map { execution in
            ProcessSummary(
                id: execution.id,
                process: execution.process,
                isDetached: execution.isDetached,
                exit: ExitedMessage(execution),
                held: OutputOffsets(stdout: execution.stdout.start, stderr: execution.stderr.start)
            )
        }
        reply(stream, .processList, ProcessListMessage(processes: summaries))
    }

    /// The process goes on, and this client hears no more of it.
    func detach(_ stream: UInt32) {
        guard let process = processes.removeValue(forKey: stream) else { return }
        if process.execution.observer === self {
            process.execution.observer = nil
        }
    }

    /// The client knows everything that it wants to know.
    ///
    /// A process that still runs and is not detached is killed.
    func release(_ stream: UInt32) {
        guard let process = processes[stream] else { return }
        detach(stream)
        let execution = process.execution
        if execution.end != nil {
            box.forget(execution)
        } else if !execution.isDetached {
            abandon(execution)
        }
    }

    /// What belongs to this client goes with it.
    func abandonProcesses() {
        for (stream, process) in processes {
            if process.execution.isDetached {
                detach(stream)
            } else {
                release(stream)
            }
        }
    }

    private func abandon(_ execution: Execution) {
        box.engine.forget(execution)
        execution.discardOutput()
        execution.killTree(graceMilliseconds: 200) { _ in }
    }

    /// The client that follows the process cannot be told what it wrote: the files that hold it cannot be read.
    func breakOff(_ stream: UInt32, _ error: SystemError) {
        detach(stream)
        fail(stream, error)
    }

    /// Another client follows the process from now on.
    func stopFollowing(_ execution: Execution) {
        let stream = execution.tag
        detach(stream)
        fail(stream, .followedElsewhere)
    }
}
