// cert-manager's own admission webhook: requester identity, immutability, and who may approve for which signer.
// Its handlers are served on the loopback interface alone, which its own server cannot do.
//
// Usage: webhook KUBECONFIG ADDRESS CERTIFICATE KEY
package main

import (
	"log"
	"net/http"
	"os"

	"github.com/cert-manager/cert-manager/internal/webhook"
	"github.com/cert-manager/cert-manager/pkg/webhook/admission"
	"github.com/cert-manager/cert-manager/pkg/webhook/options"
	"k8s.io/klog/v2"
)

func main() {
	kubeconfig, address, certificate, key := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	config, err := options.NewWebhookConfiguration()
	if err != nil {
		log.Fatal(err)
	}
	config.KubeConfig = kubeconfig
	server, err := webhook.NewCertManagerWebhookServer(klog.Background(), *config)
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/mutate", admission.NewCustomMutationWebhook(server.MutationWebhook))
	http.Handle("/validate", admission.NewCustomValidationWebhook(server.ResourceScheme, server.ValidationWebhook))
	log.Fatal(http.ListenAndServeTLS(address, certificate, key, nil))
}
