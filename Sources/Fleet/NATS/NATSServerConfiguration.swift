/// The configuration file of a nats-server.
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

    /// Who may come in.
    package enum Access: Sendable {
        case passwords([User])
        case accounts(Accounts)
    }

    /// Operator mode: whoever has a token that the account's keys signed.
    package struct Accounts: Sendable {
        package var operatorToken: String
        package var systemAccount: String
        /// Tokens by account, for a server that knows none yet or older ones.
        package var tokens: [String: String]
        /// Where the server keeps what is pushed to it.
        package var directory: String

        package init(operatorToken: String, systemAccount: String, tokens: [String: String], directory: String) {
            self.operatorToken = operatorToken
            self.systemAccount = systemAccount
            self.tokens = tokens
            self.directory = directory
        }
    }

    /// Files in PEM; whoever connects has to encrypt.
    package struct TLS: Sendable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
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
    package var host: String
    package var port: UInt16
    package var access: Access
    /// Nil turns JetStream off.
    package var jetStream: JetStream?
    /// Nil leaves connections unencrypted.
    package var tls: TLS?

    package init(
        serverName: String,
        host: String = "127.0.0.1",
        port: UInt16,
        access: Access,
        jetStream: JetStream?
    ) {
        self.serverName = serverName
        self.host = host
        self.port = port
        self.access = access
        self.jetStream = jetStream
    }

    /// The file's text, which may hold passwords: mode 0600.
    package var text: String {
        """
        server_name: \(quoted(serverName))
        host: \(quoted(host))
        port: \(port)
        ping_interval: "5s"
        ping_max: 2
        write_deadline: "5s"
        max_payload: 1MB
        \(tls.map(render) ?? "")
        \(jetStream.map(render) ?? "")
        \(render(access))

        """
    }

    private func render(_ access: Access) -> String {
        switch access {
        case .passwords(let users):
            """
            authorization {
              users: [
            \(users.map(render).joined(separator: "\n"))
              ]
            }
            """
        case .accounts(let accounts):
            """
            operator: \(quoted(accounts.operatorToken))
            system_account: \(quoted(accounts.systemAccount))
            resolver {
              type: full
              dir: \(quoted(accounts.directory))
              allow_delete: false
              interval: "2m"
            }
            resolver_preload {
            \(accounts.tokens.sorted { $0.key < $1.key }.map { "  \($0.key): \(quoted($0.value))" }.joined(separator: "\n"))
            }
            """
        }
    }

    private func render(_ tls: TLS) -> String {
        """
        tls {
          cert_file: \(quoted(tls.certificate))
          key_file: \(quoted(tls.key))
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
