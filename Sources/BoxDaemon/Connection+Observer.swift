import BoxProtocol
import ExecutionEngine

extension Connection: ExecutionObserver {
    func outputArrived(_ execution: Execution) {
        announce(execution.tag)
    }

    func executionEnded(_ execution: Execution) {
        announce(execution.tag)
    }

    func inputHasRoom(_ execution: Execution) {
        if processes[execution.tag] != nil {
            reply(execution.tag, .inputRoom, EmptyMessage())
        }
    }
}
