package import Logging
import Model
package import NATSClient
package import NATSIdentity
import NIOCore

/// The servers of the bus, reached as a user of their system account.
package actor SystemAccount: AccountServers {
    private static let patience = Duration.seconds(3)

    private let options: NATSOptions
    private let logger: Logger
    private var connection: NATSConnection?

    package init(_ options: NATSOptions, logger: Logger) {
        self.options = options
        self.logger = logger
    }

    package func claims(of account: NKeyPublic) async throws -> String? {
        let answer = try await ask("$SYS.REQ.ACCOUNT.\(account.text).CLAIMS.LOOKUP", "")
        return answer.isEmpty ? nil : answer
    }

    package func update(_ token: String) async throws {
        let text = try await ask("$SYS.REQ.CLAIMS.UPDATE", token)
        let answer = try? JSONParser.parse(Array(text.utf8))
        guard answer?["data"]?["code"] == .integer(200) else {
            // The server's own words: they hold keys' public halves at the most.
            logger.error("a server refused the account", metadata: ["answer": "\(text.prefix(500))"])
            throw Fault(.busUnavailable, "A server of the bus refused the account of the fleet.", retryAfter: 5)
        }
    }

    package func close() async {
        let old = connection
        connection = nil
        await old?.close()
    }

    private func ask(_ subject: String, _ payload: String) async throws -> String {
        do {
            let reply = try await connected()
                .request(
                    subject: subject,
                    payload: ByteBuffer(string: payload),
                    timeout: Self.patience,
                    endsWithConnection: true
                )
            return String(buffer: reply.payload)
        } catch let error as NATSError {
            logger.warning("the system account does not answer", metadata: ["error": "\(error)"])
            throw Fault(
                .busUnavailable,
                "The servers of the bus cannot be told about the agents' account.",
                hint: "Try again shortly.",
                retryAfter: 2
            )
        }
    }

    private func connected() async throws -> NATSConnection {
        if let connection, connection.state != .closed { return connection }
        let made = try await NATSConnection.connect(options, logger: logger)
        // Another caller may have been as fast.
        if let connection, connection.state != .closed {
            await made.close()
            return connection
        }
        connection = made
        return made
    }
}
