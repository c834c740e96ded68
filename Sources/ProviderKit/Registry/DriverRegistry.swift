/// The drivers of a worker, checked before any of them is used.
package struct DriverRegistry: Sendable {
    package let drivers: [any Driver]

    /// - Throws: `RegistryError` with everything that is wrong, so that it can be put right at once.
    package init(_ drivers: [any Driver]) throws(RegistryError) {
        try Self.check(drivers.map(\.descriptor))
        self.drivers = drivers
    }

    package static func check(_ descriptors: [Descriptor]) throws(RegistryError) {
        var problems = descriptors.flatMap(\.problems)
        let names = Dictionary(grouping: descriptors, by: \.name)
        for (name, all) in names.sorted(by: { $0.key < $1.key }) where all.count > 1 {
            problems.append("\(name): \(all.count) drivers have this name.")
        }
        if names[ProviderSelection.none] != nil {
            problems.append("\(ProviderSelection.none): the name stands for no provider.")
        }
        guard problems.isEmpty else { throw RegistryError(problems: problems) }
    }
}

/// Drivers that cannot be used as they are declared.
package struct RegistryError: Error, Sendable, Hashable, CustomStringConvertible {
    package let problems: [String]

    package var description: String { problems.joined(separator: "\n") }
}
