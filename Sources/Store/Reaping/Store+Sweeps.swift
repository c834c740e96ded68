import PostgresClient

/// Where boxes of one provider are: on one host, or, of a provider that is bound to none, anywhere.
package struct SweepPlace: Sendable, Hashable {
    package var provider: String
    package var placement: String?

    package init(provider: String, placement: String?) {
        self.provider = provider
        self.placement = placement
    }
}

extension Store {
    /// The places whose boxes were last looked at some time ago, and where a live worker can; each is claimed by one reaper.
    package func claimSweeps(everySeconds seconds: Int) async throws -> [SweepPlace] {
        try await query(
            """
            insert into sweeps as w (provider, placement)
            select distinct p, case when p = any(host_bound) then coalesce(placement, '') else '' end
            from workers, unnest(providers) p where state = 'live' and valid_until > now()
            on conflict (provider, placement) do update set swept_at = now()
            where w.swept_at < now() - make_interval(secs => $1)
            returning provider, placement
            """,
            [seconds]
        )
        .map { row in
            let placement = try row.get("placement", as: String.self)
            return SweepPlace(
                provider: try row.get("provider", as: String.self),
                placement: placement.isEmpty ? nil : placement
            )
        }
    }
}
