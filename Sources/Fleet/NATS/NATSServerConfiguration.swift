/// The configuration file of a nats-server that listens on this machine alone.
package struct NATSServerConfiguration: Sendable {
    /// A role with its password.
    package struct User: Sendable {
        package var role: NATSRole
        package var password: String

        package init(role: NATSRole, password: String) {
            self.role = role
            self.password = password
        }
    }

    package struct JetStream: Sendable {
        package var directory: String
        /// For all streams together; the default leaves it to each stream's own limit.
        ///
        /// A server whose limit is below what its streams reserve starts without those streams.
        package var maximumBytes: Int

        package init(directory: String, maximumBytes: Int = 1 << 50) {
            self.directory = directory
            self.maximumBytes = maximumBytes
        }
    }

    package var serverName: String
    package var port: UInt16
    package var users: [User]
    /// Nil turns JetStream off.
    package var jetStream: JetStream?

    package init(serverName: String, port: UInt16, users: [User], jetStream: JetStream?) {
        self.serverName = serverName
        self.port = port
        self.users = users
        self.jetStream = jetStream
    }

    /// The file's text, which holds passwords: mode 0600.
    package var text: String {
        """
        server_name: \(quoted(serverName))
        host: "127.0.0.1"
        port: \(port)
        ping_interval: "5s"
        ping_max: 2
        write_deadline: "5s"
        max_payload: 1MB
        \(jetStream.map(render) ?? "")
        authorization {
          users: [
        \(users.map(render).joined(separator: "\n"))
          ]
        }

        """
    }

    private func render(_ jetStream: JetStream) -> String {
        """
        jetstream {
          store_dir: \(quoted(jetStream.directory))
          max_memory_store: 67108864
          max_file_store: \(jetStream.maximumBytes)
        }
        """
    }

    private func render(_ user: User) -> String {
        """
            {
              user: \(quoted(user.role.name)), password: \(quoted(user.password))
              permissions: {
                publish: { allow: \(list(user.role.publish)) }
                subscribe: { allow: \(list(user.role.subscribe)) }
                \(user.role.allowResponses ? "allow_responses: true" : "")
              }
            }
        """
    }

    /// An empty allow-list would allow everything: name a subject that nobody uses.
    private func list(_ subjects: [String]) -> String {
        let subjects = subjects.isEmpty ? ["_NONE"] : subjects
        return "[" + subjects.map(quoted).joined(separator: ", ") + "]"
    }

    private func quoted(_ text: String) -> String {
        "\"" + text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] } + "\""
    }
}
