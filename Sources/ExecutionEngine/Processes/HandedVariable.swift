/// A variable for the programs of a daemon, under a name that means nothing to whatever is started before the daemon is.
///
/// A loader heeds some names (`LD_PRELOAD`), and the one of a sandboxing tool runs before that confines anything.
package enum HandedVariable {
    package static let prefix = "SANDFLEET_VARIABLE_"

    package static func name(for name: String) -> String { prefix + name }

    /// The entry `NAME=value` as programs get it; nil when it is not handed over so.
    package static func unwrapped(_ entry: String) -> String? {
        entry.hasPrefix(prefix) ? String(entry.dropFirst(prefix.count)) : nil
    }
}
