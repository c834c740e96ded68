import BoxProtocol
import ExecutionEngine

extension Connection {
    /// Decodes a request, calls the method that does it, and leaves the answer to that.
    func handle(_ header: FrameHeader, _ payload: UnsafeRawBufferPointer) throws(ProtocolViolation) {
        let stream = header.stream
        switch header.type {
        case .ping: reply(stream, .done, EmptyMessage())
        case .shutDown: shutDown(stream, try ShutDownMessage(payload: payload))
        case .start: start(stream, try StartMessage(payload: payload))
        case .attach: attach(stream, try AttachMessage(payload: payload))
        case .detach: detach(stream)
        case .release: release(stream)
        case .acknowledge: acknowledge(stream, try OutputOffsets(payload: payload))
        case .input: input(stream, try InputMessage(payload: payload))
        case .signal: signal(stream, try SignalMessage(payload: payload))
        case .kill: kill(stream, try KillMessage(payload: payload))
        case .killNamed: killNamed(stream, try KillNamedMessage(payload: payload))
        case .resize: resize(stream, try ResizeMessage(payload: payload))
        case .processes: listProcesses(stream)
        case .status: status(stream, try PathMessage(payload: payload))
        case .openRead: openRead(stream, try PathMessage(payload: payload))
        case .openWrite: openWrite(stream, try PathMessage(payload: payload))
        case .openReadInline: openReadInline(stream, try PathMessage(payload: payload))
        case .openWriteInline: openWriteInline(stream, try PathMessage(payload: payload))
        case .readContents: readContents(stream, try ReadContentsMessage(payload: payload))
        case .writeContents: writeContents(stream, try WriteContentsMessage(payload: payload))
        case .commit: commit(stream, try CommitMessage(payload: payload))
        case .discard: discard(stream, try HandleMessage(payload: payload))
        case .list: list(stream, try ListMessage(payload: payload))
        case .listNext: listNext(stream, try HandleMessage(payload: payload))
        case .listClose: listClose(stream, try HandleMessage(payload: payload))
        case .makeDirectory: makeDirectory(stream, try PathMessage(payload: payload))
        case .remove: remove(stream, try PathMessage(payload: payload))
        case .rename: rename(stream, try RenameMessage(payload: payload))
        case .hello, .welcome, .done, .failed, .started, .output, .exited, .inputState, .inputRoom, .processList,
            .fileStatus, .opened, .page, .openedInline, .contents:
            throw .unexpectedFrame
        }
    }
}
