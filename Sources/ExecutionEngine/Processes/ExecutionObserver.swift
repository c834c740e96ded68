/// Is told about a running process, on the loop's thread.
package protocol ExecutionObserver: AnyObject {
    /// One of the logs has grown.
    func outputArrived(_ execution: Execution)

    /// There is room for input again, or none is taken any more, after some was not taken.
    func inputHasRoom(_ execution: Execution)

    /// The process has ended, and its logs do not grow any more.
    func executionEnded(_ execution: Execution)
}
