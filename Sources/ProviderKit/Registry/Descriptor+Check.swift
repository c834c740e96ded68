import Model

extension Descriptor {
    /// What is wrong with it, in whole sentences; empty when nothing is.
    package var problems: [String] {
        (nameProblems + supportProblems + portProblems + timeProblems + credentialProblems).map { "\(name): \($0)" }
    }

    /// A name is a token of a subject and a part of a variable's name.
    private var nameProblems: [String] {
        let isToken =
            name.utf8.count <= 32 && name.first?.isLetter == true
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
        return (isToken ? [] : ["the name has to be small letters and digits, and begin with a letter."])
            + (os.isEmpty ? ["the system is missing."] : [])
    }

    private var supportProblems: [String] {
        var problems: [String] = []
        for (what, support) in supports {
            guard case .no(let reason) = support else { continue }
            let isSaid = !reason.isEmpty && !reason.contains(where: \.isNewline)
            if !isSaid { problems.append("\(what): a no needs its reason, on one line.") }
        }
        if Set(networkPolicies).count != networkPolicies.count { problems.append("a network policy is named twice.") }
        if networkPolicies.isEmpty { problems.append("there is no network policy that it can hold.") }
        if snapshots.isSupported, drainCaptures == .stopped, !persistence.isSupported {
            problems.append("it saves stopped boxes, and a stopped box keeps nothing.")
        }
        return problems
    }

    private var portProblems: [String] {
        var problems: [String] = []
        if reservedPorts.contains(where: { !(1...65535).contains($0) }) {
            problems.append("a reserved port is not between 1 and 65535.")
        }
        if ports.isSupported != (portMoment != nil) {
            problems.append("ports are either named with the create or on demand, where there are any.")
        }
        return problems
    }

    private var timeProblems: [String] {
        var problems: [String] = []
        if !(1...3600).contains(createDeadlineSeconds) { problems.append("a create takes 1 s to an hour.") }
        if let life = hardDeadlineSeconds, life <= createDeadlineSeconds {
            problems.append("a box has to live longer than its create may take.")
        }
        if !(0...3600).contains(listingDelaySeconds) { problems.append("a listing lags at most an hour.") }
        if idempotentCreate == .adoptByTag, listingDelaySeconds == 0 {
            problems.append("what is adopted by its tag needs the time by which listings lag.")
        }
        if idempotentCreateReason.isEmpty { problems.append("why creates are not repeated is missing.") }
        return problems
    }

    private var credentialProblems: [String] {
        let names = credentials.map(\.name)
        var problems: [String] = []
        if Set(names).count != names.count { problems.append("a credential is named twice.") }
        for name in names where name.isEmpty || !name.allSatisfy({ $0.isUppercase || $0.isNumber || $0 == "_" }) {
            problems.append("the credential '\(name)' is not the name of a variable.")
        }
        return problems
    }

    /// Everything that is a yes or a no, by the API's own names.
    package var supports: [(name: String, support: Support)] {
        [
            ("exec", exec), ("streaming", streaming), ("stdin", stdin), ("signals", signals), ("pty", pty),
            ("files", files), ("ports", ports), ("desktop", desktop), ("volumes", volumes), ("snapshots", snapshots),
            ("persistence", persistence), ("processAttach", processAttach), ("memoryLimit", memoryLimit),
            ("cpuLimit", cpuLimit), ("diskLimit", diskLimit),
        ]
    }
}
