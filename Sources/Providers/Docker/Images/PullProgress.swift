/// How far a pull has come, by what the engine says of each layer.
///
/// Pure.
struct PullProgress: Sendable, Hashable {
    private struct Layer: Hashable {
        var downloaded: Int64 = 0
        var size: Int64 = 0
        var isDone = false
    }

    /// Other lines that carry an id are about the image.
    private static let words: Set<String> = [
        "Pulling fs layer", "Waiting", "Downloading", "Verifying Checksum", "Download complete", "Extracting",
        "Pull complete", "Already exists",
    ]

    private var layers: [String: Layer] = [:]

    mutating func note(_ line: PullDocument) {
        guard let id = line.id, let status = line.status, Self.words.contains(status) else { return }
        var layer = layers[id] ?? Layer()
        switch status {
        case "Downloading":
            layer.downloaded = line.detail?.current ?? layer.downloaded
            layer.size = line.detail?.total ?? layer.size
        case "Download complete", "Extracting": layer.downloaded = layer.size
        case "Pull complete", "Already exists":
            layer.downloaded = layer.size
            layer.isDone = true
        default: break
        }
        layers[id] = layer
    }

    var layersDone: Int { layers.values.count { $0.isDone } }
    var layersKnown: Int { layers.count }
    /// Bytes as they come over the network, of those layers that have begun.
    var downloaded: Int64 { layers.values.reduce(0) { $0 + $1.downloaded } }
    var size: Int64 { layers.values.reduce(0) { $0 + $1.size } }
}
