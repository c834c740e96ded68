import BoxDaemon

BoxDaemon.main(CommandLine.arguments)
