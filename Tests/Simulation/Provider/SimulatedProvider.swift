import FoundationEssentials
import Model
import ProviderKit

/// Boxes and archives out there, and what the provider's API does to them.
///
/// Files are a set of numbered writes, so that a lost one is seen.
// Sendable: one thread steps a simulation.
final class SimulatedProvider: @unchecked Sendable {
    struct Instance {
        var externalID: String
        var tag: BoxTag?
        var binding: Binding
        var isRunning = true
        var contents: UInt64
        var epochSeen: UInt64
        var listedFrom: Int64
        /// Its create came after the provider's own limit: nobody can have waited for it.
        var isOverdue = false
        /// Another fleet's, or nobody's: never to be touched.
        var isForeign = false
        /// Of a user's machine: until when it is not connected, and for which attempt it serves.
        var absentUntil: Int64 = 0
        var serving: String?
    }

    struct Archive {
        var id: ArchiveID
        var contents: UInt64
        var isDamaged = false
        var order: Int
    }

    let simulator: Simulator
    let flavour: Flavour
    var instances: [Instance] = []
    private(set) var archives: [Archive] = []
    private var made = 0
    /// Which machine the box of each attempt is on, where machines are users' own.
    var machines: [String: String] = [:]
    /// Called after each change to the boxes of a sandbox.
    var changed: (SandboxID) -> Void = { _ in }
    /// Called when an attempt opens a user's machine for a sandbox.
    var opened: (SandboxID, BoxID) -> Void = { _, _ in }
    var deleting: (Instance, _ who: String) -> Void = { _, _ in }

    init(_ simulator: Simulator, _ flavour: Flavour) {
        self.simulator = simulator
        self.flavour = flavour
    }

    func instance(_ externalID: String) -> Instance? {
        let name = machines[externalID] ?? externalID
        return instances.first { $0.externalID == name }
    }

    func archive(_ id: ArchiveID) -> Archive? { archives.first { $0.id == id } }

    func add(_ instance: Instance) { instances.append(instance) }

    func create(
        _ creation: BoxCreation,
        _ binding: Binding,
        sentAt: Int64
    ) -> Result<String, DriverError> {
        let tag = creation.tag
        if flavour == .selfHosted { return open(tag, binding) }
        var name = tag.box.rawValue
        if flavour.descriptor.idempotentCreate == .uniqueName {
            if let index = index(name, binding) {
                return fenced(index, tag.epoch) { $0.isRunning = true }.map { name }
            }
        } else {
            made += 1
            name = "x\(made)"
        }
        var contents: UInt64 = 0
        if let source = creation.source {
            guard let archive = archive(source.id), !archive.isDamaged else {
                return .failure(DriverError(.archiveDamaged, "The archive cannot be read."))
            }
            contents = archive.contents
        }
        let deadline = sentAt + Int64(flavour.descriptor.createDeadlineSeconds) * 1000
        let lag = flavour.descriptor.listingDelaySeconds * 1000
        instances.append(
            Instance(
                externalID: name,
                tag: tag,
                binding: binding,
                contents: contents,
                epochSeen: tag.epoch,
                listedFrom: simulator.now + Int64(lag == 0 ? 0 : simulator.random.below(lag)),
                isOverdue: simulator.now > deadline
            )
        )
        simulator.note("provider", "made \(name) for \(tag.sandbox.short) epoch \(tag.epoch) with \(contents.listed)")
        changed(tag.sandbox)
        return .success(name)
    }

    /// - Returns: Whether it had to be started.
    func resume(_ externalID: String, _ binding: Binding, epoch: UInt64) -> Result<Bool, DriverError> {
        guard let index = index(externalID, binding) else { return .failure(absent) }
        let isFresh = !instances[index].isRunning
        return fenced(index, epoch) {
            $0.isRunning = true
            $0.serving = externalID
        }
        .map { isFresh }
    }

    func stop(_ externalID: String, _ binding: Binding, epoch: UInt64) -> Result<Void, DriverError> {
        guard let index = index(externalID, binding) else { return .failure(absent) }
        guard flavour.keepsStopped else { return delete(externalID, binding, epoch: epoch, by: "stop") }
        simulator.note("provider", "stopped \(externalID) by epoch \(epoch)")
        return fenced(index, epoch) { $0.isRunning = false }
    }

    func delete(
        _ externalID: String,
        _ binding: Binding,
        epoch: UInt64,
        by who: String
    ) -> Result<Void, DriverError> {
        if flavour == .selfHosted { return close(externalID, binding, epoch: epoch) }
        guard let index = index(externalID, binding) else { return .success(()) }
        let instance = instances[index]
        guard !flavour.fences || epoch >= instance.epochSeen else {
            return .failure(DriverError(.conflict, "A newer owner has been seen."))
        }
        simulator.note("provider", "deleted \(externalID) by epoch \(epoch) (\(who)), had \(instance.contents.listed)")
        deleting(instance, who)
        instances.remove(at: index)
        if let sandbox = instance.tag?.sandbox { changed(sandbox) }
        return .success(())
    }

    func list(_ binding: Binding) -> [BoxListing] {
        instances.filter { $0.binding == binding && $0.listedFrom <= simulator.now }
            .map { BoxListing(externalID: $0.externalID, tag: $0.tag, isRunning: $0.isRunning) }
    }

    func capture(
        _ id: ArchiveID,
        of externalID: String,
        _ binding: Binding,
        epoch: UInt64
    ) -> Result<Void, DriverError> {
        if archive(id) != nil { return .success(()) }
        guard let index = index(externalID, binding) else { return .failure(absent) }
        return fenced(index, epoch) { _ in }.map { keep(id, instances[index].contents) }
    }

    /// Holds what was saved, natively or in the store of portable archives.
    func keep(_ id: ArchiveID, _ contents: UInt64) {
        guard archive(id) == nil else { return }
        archives.append(Archive(id: id, contents: contents, order: archives.count))
        simulator.note("provider", "saved \(id.short) with \(contents.listed)")
    }

    func discard(_ id: ArchiveID) { archives.removeAll { $0.id == id } }

    func damage(_ id: ArchiveID) {
        guard let index = archives.firstIndex(where: { $0.id == id }) else { return }
        archives[index].isDamaged = true
        simulator.note("chaos", "damaged \(id.short)")
    }

    func write(_ number: Int, to externalID: String, _ binding: Binding, epoch: UInt64) -> Result<Void, DriverError> {
        guard let index = index(externalID, binding) else { return .failure(absent) }
        guard instances[index].isRunning else { return .failure(DriverError(.transient, "The box is stopped.")) }
        return fenced(index, epoch) { $0.contents |= 1 << UInt64(number) }
    }

    func fill(_ externalID: String, _ binding: Binding, with contents: UInt64, epoch: UInt64) -> Result<Void, DriverError> {
        if flavour == .selfHosted { simulator.violate("the user's machine of \(externalID) was filled from an archive") }
        guard let index = index(externalID, binding) else { return .failure(absent) }
        return fenced(index, epoch) { $0.contents = contents }
    }

    var absent: DriverError {
        // A driver of users' machines may not say that one is gone; should it ever, nothing may come of it.
        let isHonest = flavour == .selfHosted && !(simulator.isFaulty && simulator.random.chance(0.3))
        return isHonest ? DriverError(.agentOffline, "The machine is not connected.") : DriverError(.gone, "There is no such box.")
    }

    func index(_ externalID: String, _ binding: Binding) -> Int? {
        let name = machines[externalID] ?? externalID
        return instances.firstIndex {
            $0.externalID == name && $0.binding == binding && $0.absentUntil <= simulator.now
        }
    }

    func fenced(
        _ index: Int,
        _ epoch: UInt64,
        _ change: (inout Instance) -> Void
    ) -> Result<Void, DriverError> {
        if flavour.fences {
            guard epoch >= instances[index].epochSeen else {
                return .failure(DriverError(.conflict, "A newer owner has been seen."))
            }
            instances[index].epochSeen = epoch
        }
        change(&instances[index])
        if let sandbox = instances[index].tag?.sandbox { changed(sandbox) }
        return .success(())
    }
}

extension UInt64 {
    /// The numbers of the writes.
    var listed: String { "{" + (0..<64).filter { self & (1 << UInt64($0)) != 0 }.map(String.init).joined(separator: " ") + "}" }
}
