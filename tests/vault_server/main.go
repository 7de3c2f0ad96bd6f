// A Vault server for tests: Vault's own core, HTTP API, KV engine, and the AppRole and JWT methods, all in memory.
//
// It serves plain HTTP on the loopback address given as its one argument, such as 127.0.0.1:8200, not initialised and
// sealed, exactly as `vault server` with in-memory storage does; what to do next is asked of it over its API.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	jwt "github.com/hashicorp/vault-plugin-auth-jwt"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/audit"
	"github.com/hashicorp/vault/builtin/audit/file"
	"github.com/hashicorp/vault/builtin/credential/approle"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

// engines is the whole plugin registry of this server. Vault's own one compiles in every database and cloud.
type engines map[consts.PluginType]map[string]logical.Factory

func (e engines) Contains(name string, kind consts.PluginType) bool {
	_, there := e[kind][name]
	return there
}

func (e engines) Get(name string, kind consts.PluginType) (func() (interface{}, error), bool) {
	factory, there := e[kind][name]
	return func() (interface{}, error) { return factory, nil }, there
}

func (e engines) Keys(kind consts.PluginType) []string {
	var names []string
	for name := range e[kind] {
		names = append(names, name)
	}
	return names
}

func (e engines) DeprecationStatus(name string, kind consts.PluginType) (consts.DeprecationStatus, bool) {
	if e.Contains(name, kind) {
		return consts.Supported, true
	}
	return consts.Unknown, false
}

func (e engines) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: vault-server ADDRESS")
		os.Exit(2)
	}
	if err := serve(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(address string) error {
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Warn, Output: os.Stderr})
	storage, err := inmem.NewInmem(nil, logger)
	if err != nil {
		return err
	}
	registry := engines{
		consts.PluginTypeSecrets:    {"kv": kv.Factory},
		consts.PluginTypeCredential: {"approle": approle.Factory, "jwt": jwt.Factory, "oidc": jwt.Factory},
	}
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical:           storage,
		StorageType:        "inmem",
		LogicalBackends:    registry[consts.PluginTypeSecrets],
		CredentialBackends: registry[consts.PluginTypeCredential],
		AuditBackends:      map[string]audit.Factory{"file": file.Factory},
		BuiltinRegistry:    registry,
		DisableMlock:       true,
		Logger:             logger,
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: vaulthttp.Handler.Handler(&vault.HandlerProperties{
			Core:           core,
			ListenerConfig: &configutil.Listener{Type: "tcp", Address: address, TLSDisable: true},
		}),
		ReadHeaderTimeout: 10 * time.Second,
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-stop
		_ = server.Close()
	}()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return core.Shutdown()
}
