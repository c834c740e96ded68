import HTTPTypes
import Hummingbird
import Model

extension Request {
    /// Whether the caller takes a media type; a missing header takes JSON only.
    func accepts(_ mediaType: String) -> Bool {
        (headers[values: .accept])
            .contains { header in
                header.split(separator: ",")
                    .contains { part in
                        part.split(separator: ";").first?.filter { $0 != " " }.lowercased() == mediaType
                    }
            }
    }

    /// The operation's id: the caller's, so that it can repeat the request, or a new one.
    var operationID: String {
        get throws(Fault) {
            try givenOperationID ?? ID.new(of: Kind.Operation.self).rawValue
        }
    }

    /// The caller's own name of the operation, when it gives one.
    var givenOperationID: String? {
        get throws(Fault) {
            guard let given = headers[.operationID] else { return nil }
            guard (1...64).contains(given.utf8.count), given.utf8.allSatisfy(RequestName.isTokenByte) else {
                throw Fault(
                    .invalidRequest,
                    "X-Operation-Id has to have 1 to 64 of the characters A-Z a-z 0-9 . _ : -"
                )
            }
            return given
        }
    }
}

extension GatewayContext {
    /// The sandbox that the path names; what is not an id names none.
    var sandbox: SandboxID {
        get throws(Fault) {
            guard let id = coreContext.parameters.get("id").flatMap({ SandboxID($0) }) else { throw .sandboxNotFound }
            return id
        }
    }
}

extension Fault {
    static let sandboxNotFound = Fault(.sandboxNotFound, "There is no such sandbox.")
}
