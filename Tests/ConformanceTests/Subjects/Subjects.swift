import FleetTesting

/// All drivers that run boxes for themselves; a user's own machine is tested on its own.
enum Subjects {
    static let all: [any Subject] = [
        LocalSubject(), DockerSubject(), VercelSubject(), DaytonaSubject(), SpritesSubject(),
    ]

    /// What lacks for one of them here; told where the suite is skipped.
    static var obstacle: String? { DockerEngine.obstacle }
}
