/// Thrown by a handler that must stay silent: a worker that may have been superseded, whose answer could be taken for its
/// successor's.
package struct NoAnswer: Error {
    package init() {}
}
