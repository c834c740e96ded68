import CurlTransport
import Model
import NIOCore
import ProviderHTTP
import ProviderKit

extension Engine {
    /// What an image is; nil when the engine does not have it.
    func image(_ name: String) async throws(DriverError) -> ImageDocument? {
        do throws(DriverError) {
            return try await client.json(
                ProviderCall("inspect image", "GET", "/images/\(name)/json", repeatability: .safe)
            )
        } catch {
            guard error.kind == .invalid else { throw error }
            return nil
        }
    }

    func images(labelled labels: String...) async throws(DriverError) -> [ListedImage] {
        var all: [ListedImage]?
        for label in labels {
            let some: [ListedImage] = try await client.json(
                ProviderCall(
                    "list images",
                    "GET",
                    "/images/json",
                    query: [("filters", try Self.filter("label", label))],
                    repeatability: .safe
                )
            )
            let ids = Set(some.map(\.id))
            all = all?.filter { ids.contains($0.id) } ?? some
        }
        return all ?? []
    }

    /// Gets an image from its registry; the lines of its progress.
    func pull(
        _ image: ImageName,
        _ registry: RegistryAccount?,
        idleTimeout: Duration
    ) async throws(DriverError) -> ProviderLines {
        var headers = HTTPTransportHeaders()
        if let secret = registry?.header(for: image) { headers["X-Registry-Auth"] = secret.reveal() }
        return try await client.lines(
            ProviderCall(
                "pull image",
                "POST",
                "/images/create",
                query: [("fromImage", image.repository), ("tag", image.version)],
                headers: headers,
                repeatability: .safe,
                deadline: idleTimeout,
                idleTimeout: idleTimeout
            )
        )
    }

    /// Makes an image of a container's files as they are at one moment.
    ///
    /// - Returns: Its id.
    func commit(
        _ container: String,
        of box: Envelope,
        as repository: String,
        tag: String,
        labels: [String: String]
    ) async throws(DriverError) -> String {
        let made: MadeDocument = try await client.json(
            ProviderCall(
                "commit container",
                "POST",
                "/commit",
                query: [("container", container), ("repo", repository), ("tag", tag), ("pause", "true")],
                body: .json(["Labels": labels]),
                // The tag names one image; a second one takes it over.
                repeatability: .idempotentByKey,
                deadline: .seconds(900),
                box: box
            )
        )
        return made.id
    }

    /// Gives an image one more name.
    func name(_ image: String, _ repository: String, tag: String) async throws(DriverError) {
        try await client.send(
            ProviderCall(
                "name image",
                "POST",
                "/images/\(image)/tag",
                query: [("repo", repository), ("tag", tag)],
                repeatability: .idempotentByKey
            )
        )
    }

    /// Takes a name from an image, and removes the image when nothing else names or uses it.
    ///
    /// - Parameter name: Or an id.
    /// - Returns: False when it is in use.
    func removeImage(_ name: String) async throws(DriverError) -> Bool {
        do throws(DriverError) {
            try await client.send(
                ProviderCall(
                    "remove image",
                    "DELETE",
                    "/images/\(name)",
                    repeatability: .idempotentByKey,
                    deadline: .seconds(120)
                )
            )
            return true
        } catch {
            switch error.kind {
            // There is none.
            case .invalid: return true
            case .conflict: return false
            default: throw error
            }
        }
    }
}
