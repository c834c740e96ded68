import Commands

await SandfleetCommand.start()
