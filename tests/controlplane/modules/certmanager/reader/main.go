// What cert-manager signs: reads the specs of CertificateRequests, JSON, one a line, and writes for each what stands in
// the certificate that the CA issuer makes of it, or the error for which it makes none.
package main

import (
	"bufio"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"log"
	"math/big"
	"net"
	"os"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/cert-manager/cert-manager/pkg/util/pki"
)

// Bytes are in lower-case hex.
type reading struct {
	Error          string            `json:"error,omitempty"`
	Key            key               `json:"key"`
	Subject        string            `json:"subject"`
	Attributes     []value           `json:"attributes"`
	DNSNames       []string          `json:"dnsNames"`
	IPAddresses    []string          `json:"ipAddresses"`
	URIs           []string          `json:"uris"`
	EmailAddresses []string          `json:"emailAddresses"`
	OtherNames     []value           `json:"otherNames"`
	IsCA           bool              `json:"isCA"`
	MaxPathLen     int               `json:"maxPathLen"`
	KeyUsage       int               `json:"keyUsage"`
	ExtendedUsages []string          `json:"extendedUsages"`
	Permitted      subtrees          `json:"permitted"`
	Excluded       subtrees          `json:"excluded"`
	Extensions     map[string]string `json:"extensions"`
}

type key struct {
	Algorithm string `json:"algorithm"`
	Size      int    `json:"size"`
}

// Value is null if it is no string, and for an otherName its DER.
type value struct {
	OID   string  `json:"oid"`
	Value *string `json:"value"`
}

// An IP range is its address and its mask.
type subtrees struct {
	DNSDomains     []string `json:"dnsDomains"`
	IPRanges       []string `json:"ipRanges"`
	EmailAddresses []string `json:"emailAddresses"`
	URIDomains     []string `json:"uriDomains"`
}

func main() {
	sign, err := newSigner()
	if err != nil {
		log.Fatal(err)
	}
	in, out := json.NewDecoder(bufio.NewReader(os.Stdin)), json.NewEncoder(os.Stdout)
	for in.More() {
		var request cmapi.CertificateRequest
		if err := in.Decode(&request.Spec); err != nil {
			log.Fatal(err)
		}
		result, err := read(&request, sign)
		if err != nil {
			result = &reading{Error: err.Error()}
		}
		if err := out.Encode(result); err != nil {
			log.Fatal(err)
		}
	}
}

// signer does as the CA issuer does (pkg/controller/certificaterequests/ca).
type signer func(*x509.Certificate) (*x509.Certificate, error)

func newSigner() (signer, error) {
	signing, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	authority := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "tests"},
		NotAfter:              time.Now().Add(24 * time.Hour),
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	_, issuer, err := pki.SignCertificate(authority, authority, signing.Public(), signing)
	if err != nil {
		return nil, err
	}
	return func(template *x509.Certificate) (*x509.Certificate, error) {
		_, certificate, err := pki.SignCertificate(template, issuer, template.PublicKey, signing)
		return certificate, err
	}, nil
}

func read(request *cmapi.CertificateRequest, sign signer) (*reading, error) {
	template, err := pki.CertificateTemplateFromCertificateRequest(request)
	if err != nil {
		return nil, err
	}
	certificate, err := sign(template)
	if err != nil {
		return nil, err
	}
	result := &reading{
		Key:            keyOf(certificate.PublicKey),
		Subject:        hex.EncodeToString(certificate.RawSubject),
		DNSNames:       certificate.DNSNames,
		IPAddresses:    pki.IPAddressesToString(certificate.IPAddresses),
		URIs:           pki.URLsToString(certificate.URIs),
		EmailAddresses: certificate.EmailAddresses,
		IsCA:           certificate.IsCA,
		MaxPathLen:     certificate.MaxPathLen,
		KeyUsage:       int(certificate.KeyUsage),
		Permitted: subtrees{
			certificate.PermittedDNSDomains, ranges(certificate.PermittedIPRanges),
			certificate.PermittedEmailAddresses, certificate.PermittedURIDomains,
		},
		Excluded: subtrees{
			certificate.ExcludedDNSDomains, ranges(certificate.ExcludedIPRanges),
			certificate.ExcludedEmailAddresses, certificate.ExcludedURIDomains,
		},
		Extensions: map[string]string{},
	}
	for _, extension := range certificate.Extensions {
		oid := extension.Id.String()
		result.Extensions[oid] = hex.EncodeToString(extension.Value)
		switch {
		case extension.Id.Equal(pki.OIDExtensionExtendedKeyUsage):
			err = readExtendedUsages(result, extension.Value)
		case oid == "2.5.29.17":
			err = readOtherNames(result, extension.Value)
		}
		if err != nil {
			return nil, err
		}
	}
	return result, readAttributes(result, certificate.RawSubject)
}

func keyOf(public crypto.PublicKey) key {
	switch public := public.(type) {
	case *rsa.PublicKey:
		return key{"RSA", public.N.BitLen()}
	case *ecdsa.PublicKey:
		return key{"ECDSA", public.Params().BitSize}
	case ed25519.PublicKey:
		return key{"Ed25519", -1}
	}
	return key{}
}

func ranges(networks []*net.IPNet) (result []string) {
	for _, network := range networks {
		result = append(result, hex.EncodeToString(append(network.IP, network.Mask...)))
	}
	return result
}

func readAttributes(result *reading, subject []byte) error {
	var names pkix.RDNSequence
	if _, err := asn1.Unmarshal(subject, &names); err != nil {
		return err
	}
	for _, name := range names {
		for _, attribute := range name {
			found := value{OID: attribute.Type.String()}
			if text, ok := attribute.Value.(string); ok {
				found.Value = &text
			}
			result.Attributes = append(result.Attributes, found)
		}
	}
	return nil
}

func readExtendedUsages(result *reading, extension []byte) error {
	var usages []asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(extension, &usages); err != nil {
		return err
	}
	for _, usage := range usages {
		result.ExtendedUsages = append(result.ExtendedUsages, usage.String())
	}
	return nil
}

func readOtherNames(result *reading, extension []byte) error {
	names, err := pki.UnmarshalSANs(extension)
	for _, name := range names.OtherNames {
		der := hex.EncodeToString(name.Value.Bytes)
		result.OtherNames = append(result.OtherNames, value{name.TypeID.String(), &der})
	}
	return err
}
