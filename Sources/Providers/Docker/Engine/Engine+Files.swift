import CurlTransport
import FoundationEssentials
import NIOCore
import ProviderHTTP
import ProviderKit

extension Engine {
    private struct PathDocument: Decodable {
        var size: Int64
    }

    /// Unpacks a tar over a container's root, running or not.
    func put(_ archive: ByteBuffer, into container: String) async throws(DriverError) {
        try await client.send(
            ProviderCall(
                "put files",
                "PUT",
                "/containers/\(container)/archive",
                query: [("path", "/")],
                body: .bytes(archive, type: "application/x-tar"),
                repeatability: .idempotentByKey,
                deadline: .seconds(120)
            )
        )
    }

    /// The size of a file in a container; nil when there is none.
    func size(of path: String, in container: String) async throws(DriverError) -> Int64? {
        do throws(DriverError) {
            let answer = try await client.send(
                ProviderCall(
                    "look for a file",
                    "HEAD",
                    "/containers/\(container)/archive",
                    query: [("path", path)],
                    repeatability: .safe
                )
            )
            guard let header = answer.headers["X-Docker-Container-Path-Stat"], let data = Data(base64Encoded: header),
                let document = try? JSONDecoder().decode(PathDocument.self, from: data)
            else { throw DriverError(.transient, "The engine does not say what a file is.") }
            return document.size
        } catch {
            guard error.kind == .invalid else { throw error }
            return nil
        }
    }

    /// A directory of a container that has nothing in it; nil when it has, or there is none.
    func emptyDirectory(
        _ path: String,
        in container: String
    ) async throws(DriverError) -> DirectoryListing.Directory? {
        let stream: ProviderStream
        do throws(DriverError) {
            stream = try await client.stream(
                ProviderCall(
                    "look into a directory",
                    "GET",
                    "/containers/\(container)/archive",
                    query: [("path", path)],
                    repeatability: .safe,
                    idleTimeout: .seconds(30)
                )
            )
        } catch {
            guard error.kind == .invalid else { throw error }
            return nil
        }
        // Letting go of the answer ends it: what is in a full one does not come here.
        var beginning = ByteBuffer()
        while let bytes = try await stream.next() {
            beginning.writeImmutableBuffer(bytes)
            switch DirectoryListing.verdict(on: beginning) {
            case .empty(let directory): return directory
            case .other: return nil
            case .undecided: continue
            }
        }
        return nil
    }

    /// A small file of a container; nil when there is none.
    func file(_ path: String, in container: String) async throws(DriverError) -> ByteBuffer? {
        do throws(DriverError) {
            let answer = try await client.send(
                ProviderCall(
                    "get a file",
                    "GET",
                    "/containers/\(container)/archive",
                    query: [("path", path)],
                    repeatability: .safe
                )
            )
            return TarFile.content(ofFirstIn: answer.body)
        } catch {
            guard error.kind == .invalid else { throw error }
            return nil
        }
    }
}
