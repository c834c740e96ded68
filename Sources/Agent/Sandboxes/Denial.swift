import Model

/// What the machine's user does not allow: the setting is named, so that the user knows what to change.
enum Denial {
    static func exec(file: String) -> Fault {
        denied("allow.exec", "The user of this machine allows no commands.", file)
    }

    static func files(file: String) -> Fault {
        denied("allow.files", "The user of this machine allows no operations on files.", file)
    }

    static func network(file: String) -> Fault {
        denied("allow.network", "The user of this machine allows programs no network.", file)
    }

    static let withoutNetwork = Fault(
        .unsupported,
        "Programs on this machine share its network: only bubblewrap could keep them from it.",
        hint: "The setting `isolation` of the machine's user has to be `bubblewrap`.",
        details: ["setting": "isolation"]
    )

    static func root(_ problem: String) -> Fault {
        Fault(
            .agentDenied,
            problem,
            hint: "Sandboxes on this machine work below the directory that its user's setting `root` names.",
            details: ["setting": "root"]
        )
    }

    static func processes(_ limit: Int) -> Fault {
        Fault(
            .overloaded,
            "\(limit) programs run on this machine, as many as its user allows at a time.",
            hint: "Wait for one to end, or raise `maximumProcesses` there.",
            retryAfter: 2,
            details: ["setting": "maximumProcesses", "limit": "\(limit)"]
        )
    }

    private static func denied(_ setting: String, _ message: String, _ file: String) -> Fault {
        Fault(
            .agentDenied,
            message,
            hint: "The setting is `\(setting)` in \(file) there.",
            details: ["setting": setting]
        )
    }
}
