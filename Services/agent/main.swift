import Agent

print("wire v\(AgentVersion.wire)")
