import Store

/// A bus that takes every event.
actor Recorder {
    private(set) var events: [OutboxEvent] = []

    var notes: [String] { events.map { "\($0.kind)/\($0.version)" } }

    func take(_ events: [OutboxEvent]) -> PublishedEvents {
        self.events += events
        var published = PublishedEvents()
        published.ids = events.map(\.id)
        return published
    }
}
