// MARK: Input

extension Execution {
    /// Takes what there is room for of bytes for its input, and says how many of them are in.
    package func append(_ bytes: [UInt8], at offset: UInt64?, isLast: Bool) throws(InputRefusal) -> Int {
        guard isAlive else { throw .processEnded }
        return try input.take(bytes, at: offset, isLast: isLast)
    }

    /// All bytes of input that were taken.
    package var inputOffset: UInt64 { input.offset }

    package var inputHasEnded: Bool { input.hasEnded }
}

// MARK: Control

extension Execution {
    package func resize(rows: UInt16, columns: UInt16) throws(SystemError) {
        guard isAlive, let pipe = pipes.first else { throw .processGone }
        try pipe.resizeTerminal(rows: rows, columns: columns)
    }

    /// Sends a signal to the process and every descendant, wherever it went.
    package func signal(_ number: Int32) throws(SystemError) {
        guard (1...64).contains(number) else { throw .invalidArgument }
        guard try signalTree([number]) else { throw .processGone }
    }

    /// Ends the process and all its descendants.
    ///
    /// `completion` is told whether none is left. The end of the process is told then, and not before.
    package func killTree(graceMilliseconds: UInt64, _ completion: @escaping (Bool) -> Void) {
        kills += 1
        TreeKill(of: self, loop: engine.loop, graceMilliseconds: graceMilliseconds) { [self] isDead in
            kills -= 1
            completion(isDead)
            engine.settle(self)
            finishWhenDrained()
        }
        .begin()
    }
}
