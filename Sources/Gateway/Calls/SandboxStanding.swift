package import Model
import Store

/// What a sandbox's row says to somebody who wants to use it.
package struct SandboxStanding: Sendable, Hashable {
    package var provider: String
    package var placement: String?
    package var status: SandboxStatus
    package var intent: Intent
    package var errorCode: String?
    package var errorMessage: String?

    package init(
        provider: String,
        placement: String? = nil,
        status: SandboxStatus,
        intent: Intent = .run,
        errorCode: String? = nil,
        errorMessage: String? = nil
    ) {
        self.provider = provider
        self.placement = placement
        self.status = status
        self.intent = intent
        self.errorCode = errorCode
        self.errorMessage = errorMessage
    }

    init(_ record: SandboxRecord) {
        self.init(
            provider: record.provider,
            placement: record.placement,
            status: record.status,
            intent: record.intent,
            errorCode: record.errorCode,
            errorMessage: record.errorMessage
        )
    }

    /// Why it cannot be used, when it cannot.
    func refusal(of sandbox: SandboxID) -> Fault? {
        let details = ["sandboxId": sandbox.rawValue, "sandboxStatus": status.rawValue]
        if intent == .delete {
            return Fault(.sandboxNotActive, "The sandbox is being deleted.", details: details)
        }
        switch status {
        case .creating, .active, .paused: return nil
        case .shutdown:
            return Fault(
                .sandboxNotActive,
                "The sandbox is stopped.",
                hint: "POST /v1/sandboxes/\(sandbox)/connect brings a persistent sandbox back.",
                details: details
            )
        case .error:
            return Fault(
                .sandboxFailed,
                errorMessage ?? "The sandbox never came to be.",
                hint: "Delete it and create another.",
                details: details.merging(["errorCode": errorCode ?? FaultCode.internal.rawValue]) { own, _ in own }
            )
        }
    }
}
