import Agent
import Glibc

exit(await AgentCommand.main(Array(CommandLine.arguments.dropFirst())))
