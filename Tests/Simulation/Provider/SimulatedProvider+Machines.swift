import Model
import ProviderKit

/// Users' own machines: an agent on each holds what runs for a sandbox, and the files are the user's.
///
/// All attempts of a sandbox are one and the same place there; the agent remembers the highest epoch on its disk.
extension SimulatedProvider {
    static func machine(of sandbox: SandboxID) -> String { "machine-\(sandbox.short)" }

    /// Starts what holds a sandbox's processes, or finds it; the machine itself is there.
    func open(_ tag: BoxTag, _ binding: Binding) -> Result<String, DriverError> {
        let name = tag.box.rawValue
        let machine = Self.machine(of: tag.sandbox)
        guard let index = index(machine, binding) else { return .failure(absent) }
        return fenced(index, tag.epoch) {
            $0.isRunning = true
            $0.serving = name
        }
        .map {
            machines[name] = machine
            simulator.note("provider", "opened \(machine) as \(name) for epoch \(tag.epoch)")
            opened(tag.sandbox, tag.box)
            return name
        }
    }

    /// Ends what runs; of an attempt that is not the one that serves, nothing does.
    func close(_ externalID: String, _ binding: Binding, epoch: UInt64) -> Result<Void, DriverError> {
        guard machines[externalID] != nil else { return .success(()) }
        guard let index = index(externalID, binding) else { return .failure(absent) }
        guard instances[index].serving == externalID else { return .success(()) }
        return fenced(index, epoch) { $0.isRunning = false }
    }

    /// One goes away for a while; its agent comes back as another instance, after a reboot with nothing running.
    func disturbMachine() {
        let isBrief = simulator.random.chance(0.5)
        let length = simulator.random.below(isBrief ? 3000 : 60_000)
        let index = simulator.random.below(instances.count)
        let reboots = simulator.random.chance(0.4)
        instances[index].absentUntil = simulator.now + Int64(length)
        if reboots { instances[index].isRunning = false }
        simulator.note("chaos", "\(instances[index].externalID) is away for \(length) ms\(reboots ? " and reboots" : "")")
    }

    func connectMachines() {
        for index in instances.indices { instances[index].absentUntil = 0 }
    }
}
