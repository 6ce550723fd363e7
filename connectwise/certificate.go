package connectwise

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// adviseCertificate explains a certificate that was refused: each reason has its own remedy. ok is false where err is about
// something else.
func adviseCertificate(host string, err error) (what, do string, ok bool) {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &authority):
		return fmt.Sprintf("The certificate of %s was issued by an authority that this machine does not trust.", host),
			"If it is your own authority, start Seatbridge with SSL_CERT_FILE set to its certificate.", true
	case errors.As(err, &name):
		return fmt.Sprintf("The certificate of %s is for another name%s.", host, namesOf(name.Certificate)),
			"Enter the site URL with a name that the certificate is for, or have one issued for the name that you entered.", true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		what, do = adviseValidity(host, invalid.Cert)
		return what, do, true
	case badCertificate(err):
		return fmt.Sprintf("The certificate of %s cannot be accepted.", host),
			"Give the technical cause to whoever runs the server: another certificate is needed there.", true
	}
	return "", "", false
}

// adviseValidity tells a certificate that is over from one that is not valid yet; its days are those of UTC.
func adviseValidity(host string, certificate *x509.Certificate) (what, do string) {
	const day = "2 January 2006"
	if time.Now().Before(certificate.NotBefore) {
		return fmt.Sprintf("The certificate of %s is not valid before %s.", host, certificate.NotBefore.UTC().Format(day)),
			"Check this machine's clock; if it is right, another certificate is needed on the server."
	}
	return fmt.Sprintf("The certificate of %s expired on %s.", host, certificate.NotAfter.UTC().Format(day)),
		"Have the certificate renewed on the server; if that day is still to come, set this machine's clock."
}

// namesOf lists what a certificate is for, to be appended to a sentence; "" if it names nothing.
func namesOf(certificate *x509.Certificate) string {
	if certificate == nil {
		return ""
	}
	names := slices.Clone(certificate.DNSNames)
	for _, ip := range certificate.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return ""
	}
	more := ""
	if most := 3; len(names) > most {
		names, more = names[:most], " and others"
	}
	return ": " + clean(strings.Join(names, ", ")) + more
}
