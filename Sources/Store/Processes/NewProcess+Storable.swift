import FoundationEssentials
import Model

extension NewProcess {
    /// The same without NUL characters, which the database's text cannot hold.
    ///
    /// What names something is left as it is: leaving characters out would make two names one.
    var storable: NewProcess {
        var copy = self
        copy.command = command.withoutNUL
        copy.arguments = arguments?.map(\.withoutNUL)
        copy.cwd = cwd?.withoutNUL
        copy.externalID = externalID?.withoutNUL
        copy.metadata = Dictionary(
            metadata.map { ($0.key.withoutNUL, $0.value.withoutNUL) },
            uniquingKeysWith: { first, _ in first }
        )
        return copy
    }
}

extension ProcessEnd {
    /// The same without NUL characters.
    var storable: ProcessEnd {
        var copy = self
        copy.signal = signal?.withoutNUL
        copy.reason = reason?.withoutNUL
        copy.message = message?.withoutNUL
        return copy
    }
}

extension String {
    var withoutNUL: String {
        guard utf8.contains(0) else { return self }
        return String(decoding: utf8.filter { $0 != 0 }, as: UTF8.self)
    }
}
