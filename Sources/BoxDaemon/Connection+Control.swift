import BoxProtocol
import ExecutionEngine

extension Connection {
    func input(_ stream: UInt32, _ message: InputMessage) {
        guard let execution = processes[message.stream]?.execution else {
            fail(stream, .noSuchProcess)
            return
        }
        do throws(InputRefusal) {
            let taken = try execution.append(message.bytes, at: message.offset, isLast: message.isLast)
            reply(stream, .inputState, InputStateMessage(taken: UInt32(taken), position: InputPosition(execution)))
        } catch {
            switch error {
            case .gap: fail(stream, .inputGap)
            case .processEnded: fail(stream, .processEnded)
            }
        }
    }

    func signal(_ stream: UInt32, _ message: SignalMessage) {
        control(stream, of: message.stream) { execution throws(SystemError) in
            try execution.signal(message.number)
        }
    }

    func resize(_ stream: UInt32, _ message: ResizeMessage) {
        control(stream, of: message.stream) { execution throws(SystemError) in
            try execution.resize(rows: message.size.rows, columns: message.size.columns)
        }
    }

    func kill(_ stream: UInt32, _ message: KillMessage) {
        guard let process = processes[message.stream] else {
            fail(stream, .noSuchProcess)
            return
        }
        process.execution.killTree(graceMilliseconds: UInt64(message.graceMilliseconds)) { [self] isDead in
            answer(stream, isDead: isDead)
        }
    }

    func killNamed(_ stream: UInt32, _ message: KillNamedMessage) {
        guard let execution = box.engine.execution(id: message.id) else {
            box.tombstones.insert(message.id)
            fail(stream, .noSuchProcess)
            return
        }
        execution.killTree(graceMilliseconds: UInt64(message.graceMilliseconds)) { [self] isDead in
            answer(stream, isDead: isDead)
        }
    }

    func shutDown(_ stream: UInt32, _ message: ShutDownMessage) {
        box.shutDown(graceMilliseconds: UInt64(message.graceMilliseconds)) { [self] isDead in
            answer(stream, isDead: isDead)
        }
    }

    private func answer(_ stream: UInt32, isDead: Bool) {
        if isDead {
            reply(stream, .done, EmptyMessage())
        } else {
            fail(stream, .survivors)
        }
    }

    private func control(
        _ stream: UInt32,
        of processStream: UInt32,
        _ body: (Execution) throws(SystemError) -> Void
    ) {
        guard let process = processes[processStream] else {
            fail(stream, .noSuchProcess)
            return
        }
        do {
            try body(process.execution)
            reply(stream, .done, EmptyMessage())
        } catch  where error == .processGone {
            fail(stream, .processEnded)
        } catch {
            fail(stream, error)
        }
    }
}
