import FoundationEssentials
import NIOCore

/// The body that runs or starts a command, under an operation id that makes a repeat find the same process.
struct StartRequest: Encodable {
    /// What only a process has that is started and not waited for.
    struct Placement: Encodable {
        let mode: ProcessMode
        let stdinOpen: Bool
        let pty: TerminalSize?
    }

    private enum CodingKeys: String, CodingKey {
        case command
        case args
        case cwd
        case env
        case stdin
        case stdinBase64
        case timeoutMs
        case kind
        case metadata
        case outputLimitBytes
        case onOutputLimit
        case webhook
        case operationId
    }

    let command: Command
    let operationId: String
    var placement: Placement?

    /// Writes the command as the API takes it; input that is no text goes as base64.
    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(command.command, forKey: .command)
        try values.encodeIfPresent(command.arguments, forKey: .args)
        try values.encodeIfPresent(command.workingDirectory, forKey: .cwd)
        if !command.environment.isEmpty { try values.encode(command.environment, forKey: .env) }
        if let input = command.input {
            if let text = String(validating: input.readableBytesView, as: UTF8.self) {
                try values.encode(text, forKey: .stdin)
            } else {
                try values.encode(Data(input.readableBytesView).base64EncodedString(), forKey: .stdinBase64)
            }
        }
        try values.encodeIfPresent(command.timeout?.wholeMilliseconds, forKey: .timeoutMs)
        try values.encodeIfPresent(command.kind, forKey: .kind)
        if !command.metadata.isEmpty { try values.encode(command.metadata, forKey: .metadata) }
        try values.encodeIfPresent(command.outputLimit, forKey: .outputLimitBytes)
        if command.isKilledAtOutputLimit { try values.encode("kill", forKey: .onOutputLimit) }
        try values.encodeIfPresent(command.webhook, forKey: .webhook)
        try values.encode(operationId, forKey: .operationId)
        try placement?.encode(to: encoder)
    }
}
