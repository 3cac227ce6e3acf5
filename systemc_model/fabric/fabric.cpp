// SPDX-License-Identifier: Apache-2.0
#include "fabric/fabric.hpp"

#include <stdexcept>

namespace sluice::fabric {

namespace {
layout::GeometryLimits checked(layout::Geometry geometry) {
  const auto limits = layout::limits_of(geometry);
  if (limits.request_entries == 0) throw std::runtime_error("there is no such geometry");
  return limits;
}
}  // namespace

Fabric::Pipeline::Pipeline(const std::string& prefix, layout::Pipeline which, Port out,
                           const layout::GeometryLimits& limits, SeededFault fault)
    : link_rx((prefix + "_link_rx").c_str(), which),
      record_buffer((prefix + "_record_buffer").c_str(), limits.record_buffers,
                    limits.record_bytes),
      engine((prefix + "_engine").c_str()),
      verdict_gate((prefix + "_verdict_gate").c_str(), fault),
      link_tx((prefix + "_link_tx").c_str(), out, fault) {
  link_rx.out.bind(record_buffer.in);
  record_buffer.out.bind(engine.in);
  engine.out.bind(verdict_gate.in);
  verdict_gate.out.bind(link_tx.in);
  link_rx.buffers.bind(record_buffer);
  engine.buffers.bind(record_buffer);
  verdict_gate.buffers.bind(record_buffer);
  verdict_gate.link_tx.bind(link_tx);
  link_tx.buffers.bind(record_buffer);
}

void Fabric::Pipeline::set_ready(bool ready) {
  // Each record that leaves lets the next verdict take effect, and that may free a context for the
  // next record.
  if (!link_tx.set_ready(ready)) return;
  engine.retire();
  record_buffer.dispatch();
}

Fabric::Fabric(const sc_core::sc_module_name& name, layout::Geometry geometry, SeededFault fault)
    : Device(name),
      audit_("audit", checked(geometry).audit_events),
      table_bank_("table_bank"),
      transaction_table_("transaction_table", checked(geometry).transactions, fault),
      image_loader_("image_loader", geometry),
      management_("management", geometry),
      request_("request", layout::Pipeline::REQUEST, Port::high, checked(geometry), fault),
      response_("response", layout::Pipeline::RESPONSE, Port::low, checked(geometry), fault),
      to_request_("to_request"),
      to_response_("to_response"),
      to_management_("to_management"),
      from_request_("from_request"),
      from_response_("from_response"),
      from_management_("from_management"),
      from_audit_("from_audit") {
  from_request_.register_b_transport(this, &Fabric::leave<Port::high>);
  from_response_.register_b_transport(this, &Fabric::leave<Port::low>);
  from_management_.register_b_transport(this, &Fabric::leave<Port::management>);
  from_audit_.register_b_transport(this, &Fabric::leave<Port::management>);

  audit_.banks.bind(table_bank_);
  audit_.out.bind(from_audit_);
  transaction_table_.audit.bind(audit_);
  transaction_table_.banks.bind(table_bank_);
  wire(request_, to_request_);
  wire(response_, to_response_);
  request_.link_tx.out.bind(from_request_);
  response_.link_tx.out.bind(from_response_);

  image_loader_.banks.bind(table_bank_);
  image_loader_.transactions.bind(transaction_table_);
  image_loader_.audit.bind(audit_);
  for (Pipeline* pipeline : {&request_, &response_}) {
    image_loader_.drains.bind(pipeline->engine);
    image_loader_.drains.bind(pipeline->record_buffer);
    image_loader_.drains.bind(pipeline->link_rx);
  }
  to_management_.bind(management_.in);
  management_.out.bind(from_management_);
  management_.loader.bind(image_loader_);
  management_.banks.bind(table_bank_);
  management_.transactions.bind(transaction_table_);
  management_.audit.bind(audit_);
}

void Fabric::wire(Pipeline& pipeline, tlm_utils::simple_initiator_socket<Fabric>& in) {
  in.bind(pipeline.link_rx.in);
  pipeline.link_rx.banks.bind(table_bank_);
  pipeline.link_rx.loader.bind(image_loader_);
  pipeline.link_rx.audit.bind(audit_);
  pipeline.engine.transactions.bind(transaction_table_);
  pipeline.engine.audit.bind(audit_);
  pipeline.verdict_gate.transactions.bind(transaction_table_);
  pipeline.verdict_gate.audit.bind(audit_);
}

template <Port port>
void Fabric::leave(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  const auto bytes = bytes_of(payload);
  emit(port, Frame(bytes.begin(), bytes.end()));
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

void Fabric::on_frame(Port port, std::span<const std::uint8_t> frame) {
  switch (port) {
    case Port::low:
      transport(to_request_, frame);
      break;
    case Port::high:
      transport(to_response_, frame);
      break;
    case Port::management:
      transport(to_management_, frame);
      break;
  }
  image_loader_.poll();
}

void Fabric::set_ready(Port port, bool ready) {
  switch (port) {
    case Port::low:
      response_.set_ready(ready);
      break;
    case Port::high:
      request_.set_ready(ready);
      break;
    case Port::management:
      audit_.set_ready(ready);
      management_.set_ready(ready);
      break;
  }
  image_loader_.poll();
}

void Fabric::tick() {
  audit_.tick();
  request_.link_rx.tick();
  response_.link_rx.tick();
  transaction_table_.tick();
  image_loader_.tick();
}

}  // namespace sluice::fabric
