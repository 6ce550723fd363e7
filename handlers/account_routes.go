package handlers

import "seatbridge/handlers/web"

// accountRoutes are the part of the route table about how members get in, stay in and get back in.
func accountRoutes(s *server) []route {
	return []route{
		{"GET /signin/help", web.Anyone, stepPages{s}.help},
		{"GET /signin/second", web.Anyone, stepPages{s}.show},
		{"POST /signin/second", web.Anyone, stepPages{s}.confirm},
		{"POST /signin/second/options", web.Anyone, stepPages{s}.ask},
		{"POST /signin/passkey", web.Anyone, stepPages{s}.passkey},
		{"POST /signin/passkey/options", web.Anyone, stepPages{s}.askAnybody},
		{"GET /password/{token}", web.Anyone, wayBackPages{s}.showLink},
		{"POST /password/{token}", web.Anyone, wayBackPages{s}.takeLink},
		{"POST /members/{id}/password", web.Admin, proofs{s}.before("Make a link for a new password", wayBackPages{s}.makeLink)},
		{"POST /members/{id}/factors/remove", web.Admin, proofs{s}.before("Remove somebody's second factor", wayBackPages{s}.removeFactors)},
		{"POST /members/{id}/sessions/end", web.Admin, wayBackPages{s}.endSessions},
		{"POST /settings/sessions/end", web.Technician, factorPages{s}.endSession},
		{"POST /settings/proof/options", web.Member, proofs{s}.options},
		{"GET /settings/second-factor", web.Member, factorPages{s}.show},
		{"POST /settings/second-factor/required", web.Owner, proofs{s}.before("Say who has to have a second factor", factorPages{s}.require)},
		{"GET /settings/second-factor/authenticator", web.Member, factorPages{s}.showApp},
		{"POST /settings/second-factor/authenticator", web.Member, proofs{s}.before("Set up an authenticator app", factorPages{s}.confirmApp)},
		{"POST /settings/second-factor/authenticator/new", web.Member, proofs{s}.before("Set up an authenticator app", factorPages{s}.beginApp)},
		{
			"POST /settings/second-factor/authenticator/remove", web.Member,
			proofs{s}.before("Remove the authenticator app", factorPages{s}.removeApp),
		},
		{"POST /settings/second-factor/recovery", web.Member, proofs{s}.before("Make new recovery codes", factorPages{s}.newCodes)},
		{"POST /settings/second-factor/confirm", web.Member, proofs{s}.before("Add a passkey", factorPages{s}.confirmed)},
		{"POST /settings/second-factor/passkeys", web.Member, factorPages{s}.addPasskey},
		{"POST /settings/second-factor/passkeys/options", web.Member, factorPages{s}.askForNew},
		{"POST /settings/second-factor/passkeys/{id}/remove", web.Member, proofs{s}.before("Remove a passkey", factorPages{s}.removePasskey)},
	}
}
