import Metrics
import NIOCore
import ProcessOutput

/// What a worker counts about the processes that it looks after.
struct ProcessMetrics: Sendable {
    private let running = Meter(label: "sandfleet.worker.processes.running")
    private let appendedBytes = Counter(label: "sandfleet.worker.output.appended.bytes")
    private let appendSeconds = Metrics.Timer(label: "sandfleet.worker.output.append.duration")
    private let stalls = Counter(label: "sandfleet.worker.output.stalls")
    private let attaches = Counter(label: "sandfleet.worker.processes.attached")
    private let losses = Counter(label: "sandfleet.worker.processes.lost")

    func appended(_ batch: ChunkBatch, took duration: Duration) {
        appendedBytes.increment(by: batch.chunks.reduce(0) { $0 + $1.payload.readableBytes })
        let (seconds, attoseconds) = duration.components
        appendSeconds.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    func began() { running.increment() }
    func ended() { running.decrement() }
    func stalled() { stalls.increment() }
    func attached() { attaches.increment() }
    func lost() { losses.increment() }
}
