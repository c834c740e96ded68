import Model
import Testing

@testable import ServiceHost

@Suite("Deleting on stop")
struct DeleteOnStopTests {
    @Test func aVariableOfTheProviderWinsOverTheList() async throws {
        let settings = try await ServiceSettings(environment: [
            "SANDFLEET_DELETE_ON_STOP": "local, e2b",
            "SANDBOX_LOCAL_DELETE_ON_STOP": "false",
            "SANDBOX_SELF_HOSTED_DELETE_ON_STOP": "True",
            "SANDBOX_MODAL_DELETE_ON_STOP": "",
        ])
        let deletes = try settings.deleteOnStop()
        #expect(!deletes("local") && deletes("e2b") && deletes("self-hosted") && !deletes("modal") && !deletes("daytona"))
        #expect(settings.effective(for: "gateway")["deleteOnStop"] == "E2B=true,LOCAL=false,SELF_HOSTED=true")
        #expect(settings.effective(for: "worker")["deleteOnStop"] == nil)
    }

    @Test(arguments: [
        ([:], true, false), (["SANDBOX_VERCEL_PROFILE": "coding-agent"], false, false),
        (["SANDBOX_VERCEL_PROFILE": "ephemeral"], true, true),
        (["SANDBOX_VERCEL_PROFILE": "ephemeral", "SANDBOX_VERCEL_DELETE_ON_STOP": "false"], false, false),
    ])
    func onlyEphemeralOnesOfVercelAreDeleted(environment: [String: String], task: Bool, agent: Bool) async throws {
        let deletes = try await ServiceSettings(environment: environment).deleteOnStop()
        #expect(deletes("vercel", SandboxSpec(purpose: "a task")) == task)
        #expect(deletes("vercel", SandboxSpec(purpose: "Codex")) == agent)
        #expect(!deletes("local", SandboxSpec(purpose: "a task")))
    }

    @Test(arguments: [
        ([:], true, false), (["SANDBOX_VERCEL_PROFILE": "coding-agent"], true, false),
        (["SANDBOX_VERCEL_DELETE_ON_STOP": "true"], true, true), (["SANDFLEET_DELETE_ON_STOP": "vercel"], true, true),
    ])
    func aSandboxsOwnProfileCounts(environment: [String: String], shortLived: Bool, agent: Bool) async throws {
        let deletes = try await ServiceSettings(environment: environment).deleteOnStop()
        #expect(deletes("vercel", SandboxSpec(purpose: "Codex", params: ["profile": "ephemeral"])) == shortLived)
        #expect(deletes("vercel", SandboxSpec(params: ["profile": "coding-agent"])) == agent)
    }

    @Test func whatNobodyHasSaidIsTheSettingsDefault() async throws {
        let usual = try await ServiceSettings(environment: [:]).deleteOnStop()
        #expect(usual("sprites", SandboxSpec()) && !usual("local", SandboxSpec()) && !usual("daytona", SandboxSpec()))
        let kept = try await ServiceSettings(environment: ["SANDBOX_SPRITES_DELETE_ON_STOP": "false"]).deleteOnStop()
        #expect(!kept("sprites", SandboxSpec()))
    }

    @Test func neitherYesNorNoIsRefused() async throws {
        let settings = try await ServiceSettings(environment: ["SANDBOX_LOCAL_DELETE_ON_STOP": "maybe"])
        let error = #expect(throws: ServiceHostError.self) { try settings.deleteOnStop() }
        #expect(error?.message == "SANDBOX_LOCAL_DELETE_ON_STOP has to be true or false.")
    }
}
